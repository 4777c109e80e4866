import {
  type FunnelState,
  type TimelineEntry,
  type TimelineKind,
  troubleInWords,
  type TroubleReason,
} from '../src/contract/index.ts';
import { iso, now } from './clock.ts';

const keptLines = 100;

/** Adds a line for people; never PII. */
export function note(
  state: FunnelState,
  kind: TimelineKind,
  what: string,
  more: Pick<TimelineEntry, 'by' | 'evaluationId'> = {},
): void {
  state.timeline.push({ at: iso(now()), kind, what, ...more });
  if (state.timeline.length > keptLines) state.timeline.splice(leastWorth(state), 1);
}

/** The timeline as people read it: verdicts with what an audit needs. */
export function timelineOf({ timeline, verdicts }: FunnelState): TimelineEntry[] {
  return timeline.map((entry) => {
    // A review gives the same evaluation a second verdict.
    const verdict = verdicts.findLast(
      ({ evaluationId, at }) => evaluationId === entry.evaluationId && at === entry.at,
    );
    return entry.kind === 'verdict' && verdict ? { ...entry, verdict } : entry;
  });
}

/** RiskOS's progress notes go first; who decided a review is kept to the last. */
function leastWorth({ timeline }: FunnelState): number {
  const event = timeline.findIndex(({ kind }) => kind === 'riskos_event');
  return event >= 0
    ? event
    : Math.max(
        0,
        timeline.findIndex(({ kind }) => kind !== 'review'),
      );
}

/** A trouble with RiskOS is noted once when it begins, and once when it is over. */
export function noteTrouble(state: FunnelState, reason: TroubleReason, problem: string): void {
  if (state.trouble !== null) return;
  state.trouble = { reason, problem, since: now() };
  note(state, 'trouble', `${troubleInWords[reason]} (${problem}); retrying until RiskOS answers`);
}

export function noteRecovery(state: FunnelState): void {
  if (state.trouble === null) return;
  state.trouble = null;
  note(state, 'trouble', 'RiskOS answers again');
}
