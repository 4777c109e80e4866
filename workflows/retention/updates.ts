import {
  ApplicationFailure,
  CancellationScope,
  condition,
  defineQuery,
  defineSignal,
  defineUpdate,
  setHandler,
} from '@temporalio/workflow';
import type { z } from 'zod';
import {
  checkInput,
  describeIssues,
  imagesReport,
  type ImagesState,
  type ImagesStatus,
  type ImagesUpdateName,
  imagesUpdates,
  type Refusal,
  statusQuery,
  type TimelineEntry,
  timelineQuery,
} from '../../src/contract/index.ts';
import { iso, now } from '../clock.ts';
import { notify, publish, signalFunnel } from './report.ts';
import { isHoldWritten, note, noteTrouble, pendingRecord, type RetentionState, statusOf } from './state.ts';

/** Registers every handler; called before the first await, so that nothing that comes early is lost. */
export function registerHandlers(state: RetentionState): void {
  setHandler(defineQuery<ImagesStatus>(statusQuery), () => statusOf(state), {
    description: 'Where the images stand, and what a person has to do.',
  });
  setHandler(defineQuery<TimelineEntry[]>(timelineQuery), () => state.timeline, {
    description: 'What happened so far, for people.',
  });
  // A funnel that was reset asks again for the result.
  setHandler(defineSignal(imagesReport), () => CancellationScope.nonCancellable(() => signalFunnel(state)), {
    description: 'Sends the funnel the result again.',
  });
  register(state, 'retry', { admit: admitRetry, take: retry });
  register(state, 'hold', { admit: admitHold, take: hold });
  register(state, 'release', { admit: admitRelease, take: release });
  register(state, 'erase', { admit: admitErase, take: erase });
}

type Message<Name extends ImagesUpdateName> = z.output<(typeof imagesUpdates)[Name]>;

interface Handling<Given> {
  /** Throws the refusal of an update that is not possible now. */
  admit(state: RetentionState): void;
  take(state: RetentionState, message: Given): void | Promise<void>;
}

type Schemas = { [Name in ImagesUpdateName]: z.ZodType<Message<Name>> };
const schemas: Schemas = imagesUpdates;

function register<Name extends ImagesUpdateName>(
  state: RetentionState,
  name: Name,
  handling: Handling<Message<Name>>,
): void {
  const schema = schemas[name];
  setHandler(
    defineUpdate<ImagesStatus, [unknown]>(name),
    (input) =>
      // A cancelled workflow goes on and still answers.
      CancellationScope.nonCancellable(async () => {
        await handling.take(state, schema.parse(input));
        publish(state);
        return statusOf(state);
      }),
    {
      description: schema.description,
      validator: (input) => {
        const parsed = checkInput(schema, input);
        if (!parsed.success) throw refusal('InvalidMessage', describeIssues(parsed.error));
        handling.admit(state);
      },
    },
  );
}

const statesInWords: Record<ImagesState, string> = {
  fetching: 'the images are being fetched',
  stopped: 'the images could not be archived',
  kept: 'the images are archived',
  deleting: 'the deletion has begun',
  ended: 'the workflow has ended',
};

function wrongState(state: RetentionState, name: ImagesUpdateName): ApplicationFailure {
  const at = state.position.state;
  const result = at === 'ended' ? `, with the result ${state.record.result}` : '';
  const possible = possibleIn(state);
  const instead =
    possible.length > 0 ? `possible now: ${possible.join(', ')}` : 'nothing is possible any more';
  return refusal('WrongState', `${name} is not possible: ${statesInWords[at]}${result}; ${instead}`);
}

function possibleIn({ position, hold: standing }: RetentionState): ImagesUpdateName[] {
  const holding: ImagesUpdateName[] = standing === null ? ['hold', 'erase'] : ['release'];
  switch (position.state) {
    case 'fetching':
    case 'kept':
      return holding;
    case 'stopped':
      return ['retry', ...holding];
    case 'deleting':
      return ['retry', 'erase'];
    case 'ended':
      return [];
  }
}

function admitRetry(state: RetentionState): void {
  const { state: at } = state.position;
  if (at !== 'stopped' && at !== 'deleting') throw wrongState(state, 'retry');
}

function retry(state: RetentionState, { by }: Message<'retry'>): void {
  note(state, 'update', 'retried', by);
  if (state.position.state === 'stopped') {
    state.position = { state: 'fetching' };
    state.record = pendingRecord(state.record.evaluationId);
  }
  state.received += 1;
}

function admitHold(state: RetentionState): void {
  const { state: at } = state.position;
  if (at === 'deleting' || at === 'ended') throw wrongState(state, 'hold');
}

async function hold(state: RetentionState, { by, reason }: Message<'hold'>): Promise<void> {
  const isFirst = state.hold === null;
  note(state, 'update', isFirst ? `held: ${reason}` : `already on hold; new request: ${reason}`, by);
  if (isFirst) {
    state.hold = { by, reason, since: iso(now()) };
    notify(state);
  }
  state.received += 1;
  if (state.position.state !== 'kept') return;
  await answered(() => state.holdInArchive === 'yes' || state.hold === null);
  // The archive records a deletion without this workflow.
  admitHold(state);
  noteUnwritten(state);
}

function admitRelease(state: RetentionState): void {
  if (state.position.state === 'ended') throw wrongState(state, 'release');
  if (state.hold === null) {
    throw refusal('NotHeld', `there is no hold on the images of ${state.record.evaluationId}`);
  }
}

async function release(state: RetentionState, { by, reason }: Message<'release'>): Promise<void> {
  note(state, 'update', `released: ${reason}`, by);
  state.hold = null;
  state.released = { by, reason };
  notify(state);
  state.received += 1;
  if (state.position.state !== 'kept') return;
  await answered(() => state.holdInArchive === 'no' || state.hold !== null);
  noteUnwritten(state);
}

/** An answer that comes before the archive has followed must not look like success. */
function noteUnwritten(state: RetentionState): void {
  if (state.position.state !== 'kept' || isHoldWritten(state) || state.trouble !== null) return;
  noteTrouble(state, 'not_in_archive_yet');
}

function admitErase(state: RetentionState): void {
  const { hold: standing } = state;
  if (standing !== null && state.position.state !== 'ended') throw held(state);
}

function held({ hold: standing, record }: RetentionState): ApplicationFailure {
  const who = standing === null ? '' : ` since ${standing.since} by ${standing.by}`;
  return refusal('Held', `the images of ${record.evaluationId} are held${who}; release the hold first`);
}

/** Answers when the deletion is verified, or with the state `deleting` when that takes longer. */
async function erase(state: RetentionState, { by, reason }: Message<'erase'>): Promise<void> {
  const { position } = state;
  note(state, 'update', `erase: ${reason}`, by);
  if (position.state === 'fetching' || position.state === 'stopped' || position.state === 'kept') {
    const keepUntil = position.state === 'kept' ? position.keepUntil : null;
    state.position = { state: 'deleting', because: { by, reason }, keepUntil };
    publish(state);
  }
  state.received += 1;
  await answered(() => state.position.state !== 'deleting');
  // The archive had a hold that this workflow did not know.
  if (state.position.state === 'kept') throw held(state);
}

/** Waits for `isDone`, but no longer than the sender of the update can wait. */
async function answered(isDone: () => boolean): Promise<void> {
  await condition(isDone, '10s', { summary: 'time limit for the answer to an update' });
}

function refusal(type: Refusal, message: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(message, type);
}
