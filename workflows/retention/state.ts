import { workflowInfo } from '@temporalio/workflow';
import {
  actionFor,
  type ImagesAsk,
  type ImagesHold,
  type ImagesRecord,
  type ImagesStatus,
  inWords,
  type Notice,
  type TimelineEntry,
  type TimelineKind,
} from '../../src/contract/index.ts';
import { iso, now } from '../clock.ts';

/** What the funnel asks of the retention workflow. */
export interface Retention {
  ask: ImagesAsk;
  /** Milliseconds from the archiving to the deletion. */
  keepFor: number;
  /** Milliseconds for which fetching is retried. */
  giveUpAfter: number;
}

/** Who asked for a change, and why. */
export interface Because {
  by: string;
  reason: string;
}

/** Where the workflow stands, with what belongs there; times in milliseconds since 1970. */
export type Position =
  | { state: 'fetching' }
  | { state: 'stopped'; endsAt: number }
  | { state: 'kept'; keepUntil: number }
  | {
      state: 'deleting';
      /** null: the retention period is over. */
      because: Because | null;
      /** The end of the retention period of archived images; null: none are archived. */
      keepUntil: number | null;
    }
  | { state: 'ended' };

export type Fetching = Extract<Position, { state: 'fetching' }>;
export type Stopped = Extract<Position, { state: 'stopped' }>;
export type Kept = Extract<Position, { state: 'kept' }>;
export type Deleting = Extract<Position, { state: 'deleting' }>;

/** Everything that the workflow keeps over continue-as-new. */
export interface RetentionState {
  retention: Retention;
  startedAt: number;
  position: Position;
  record: ImagesRecord;
  hold: ImagesHold | null;
  /** Whether the archive has a hold; it follows {@link RetentionState.hold} as soon as the archive can be reached. */
  holdInArchive: 'no' | 'perhaps' | 'yes';
  /** Who released the hold that is still in the archive. */
  released: Because | null;
  trouble: ImagesStatus['trouble'];
  /** Consecutive failed attempts of the archive. */
  failures: number;
  /** Counts received messages; a wait ends when it changes. */
  received: number;
  notices: {
    /** True if the workers have a `NOTIFY_URL`; `null`: not known yet. */
    wanted: boolean | null;
    unsent: Notice[];
  };
  timeline: TimelineEntry[];
  /** The status as last published. */
  published: string;
}

export function newRetention(retention: Retention): RetentionState {
  return {
    retention,
    startedAt: now(),
    position: { state: 'fetching' },
    record: pendingRecord(retention.ask.evaluationId),
    hold: null,
    holdInArchive: 'no',
    released: null,
    trouble: null,
    failures: 0,
    received: 0,
    notices: { wanted: null, unsent: [] },
    timeline: [],
    published: '',
  };
}

export function pendingRecord(evaluationId: string): ImagesRecord {
  return { evaluationId, result: 'pending', count: 0, attachments: 0 };
}

/** True if the archive has a hold exactly when this workflow has one. */
export function isHoldWritten({ hold, holdInArchive }: RetentionState): boolean {
  return holdInArchive === (hold === null ? 'no' : 'yes');
}

/** What the workflow says of itself: in its memo, to its query, after each update, in notices and as its result. */
export function statusOf(state: RetentionState): ImagesStatus {
  const { position, record, hold, trouble } = state;
  return {
    ...record,
    applicationId: state.retention.ask.applicationId,
    state: position.state,
    keepUntil: 'keepUntil' in position && position.keepUntil !== null ? iso(position.keepUntil) : null,
    hold,
    action: actionOf(state),
    trouble,
  };
}

function actionOf({ position, record, trouble }: RetentionState): string | null {
  if (position.state === 'stopped') return record.reason === undefined ? null : actionFor(record.reason);
  if (position.state === 'fetching' || trouble === null) return null;
  const { reason } = trouble;
  if (reason === 'held')
    return 'lift the hold of the storage itself once it may end; the deletion is then retried';
  return reason === 'not_in_archive_yet'
    ? 'look again in a minute: the archive has not answered yet to the hold or its release'
    : actionFor(reason);
}

/** Bounds the timeline, however often an operator repeats an update. */
const keptLines = 100;

/** Adds a line for people; never PII of the candidate. */
export function note(state: RetentionState, kind: TimelineKind, what: string, by?: string): void {
  state.timeline.push({ at: iso(now()), kind, what, ...(by === undefined ? {} : { by }) });
  if (state.timeline.length > keptLines) state.timeline.shift();
}

/** A trouble is noted when it begins, and when its reason changes; true if this is one of the two. */
export function noteTrouble(
  state: RetentionState,
  reason: NonNullable<ImagesStatus['trouble']>['reason'],
): boolean {
  if (state.trouble?.reason === reason) return false;
  note(state, 'trouble', `${inWords(reason)}; retrying`);
  state.trouble = { reason, since: state.trouble?.since ?? iso(now()) };
  return true;
}

/** True for a run that continues an earlier one. Only then does a second argument count, because anybody can start a workflow. */
export function isContinued(): boolean {
  return workflowInfo().continuedFromExecutionRunId !== undefined;
}
