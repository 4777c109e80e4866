import {
  type AttentionCause,
  attentionText,
  type Checking,
  type FunnelState,
  milliseconds,
  type NeedsAttention,
  type Reading,
  resumptionOf,
} from '../src/contract/index.ts';
import { now } from './clock.ts';
import { deadlineRule } from './evaluation/deadline.ts';
import { hintAll } from './evaluation/hints.ts';
import { isAsked, type Reader, readWhatIsAsked } from './evaluation/read.ts';
import { deadlineFrom } from './evaluation/schedule.ts';
import { countAttention } from './metrics.ts';
import { again } from './state.ts';
import { note } from './timeline.ts';
import { clearTimers, hasFired, setDeadlineTimer, setTimer } from './timers.ts';
import { waitUntil } from './waiting.ts';

/** Stops the funnel for attention. */
export function needsAttention(state: FunnelState, back: Checking, cause: AttentionCause): NeedsAttention {
  clearTimers(state, 'post', 'read', 'patience');
  countAttention(cause.kind);
  note(state, 'attention', `stopped for attention: ${attentionText(cause)}`);
  return { stage: 'needs_attention', cause, back, request: null };
}

/** Waits until a person, an event or a reading lets the funnel go on, and returns where. */
export async function attendedTo(state: FunnelState, position: NeedsAttention): Promise<Checking> {
  const { cause, back } = position;
  const resumption = resumptionOf(cause);
  const { longest } = state.application.policy.reconciliation;
  for (;;) {
    const { attempt } = back;
    if (position.request) return resumed(state, back, cause, 'person');
    if (attempt.kind === 'posting') {
      const isIdentified = () => resumption !== 'request' && attempt.evalIds.length > 0;
      await waitUntil(state, () => position.request !== null || isIdentified());
      if (position.request) continue;
      note(state, 'attention', 'an event names the evaluation; resumed');
      return back;
    }
    if (resumption !== 'reading') {
      await waitUntil(state, () => position.request !== null);
      continue;
    }
    if (!state.timers.read) setTimer(state, 'read', now() + milliseconds(longest));
    const isDue = () => isAsked(back) || hasFired(state, 'read');
    await waitUntil(state, () => position.request !== null || back.toRead.length > 0 || isDue());
    if (position.request) continue;
    if (await hasNews(state, position, attempt, isDue())) {
      note(state, 'attention', 'RiskOS answers; resumed');
      return resumed(state, back, cause, 'reading');
    }
  }
}

/** Reads what is due. True if the cause is gone. */
async function hasNews(
  state: FunnelState,
  position: NeedsAttention,
  attempt: Reading,
  isDue: boolean,
): Promise<boolean> {
  const { cause, back } = position;
  if (isDue) hintAll(back, attempt);
  clearTimers(state, 'read');
  const before = attempt.latest;
  const reader: Reader = {
    hasDeadline: false,
    interrupted: () => position.request !== null,
    isEnd: () => true,
  };
  await readWhatIsAsked(state, back, attempt, reader);
  if (back.attempt !== attempt) return true;
  const { latest } = attempt;
  if (latest === before || latest === null) return false;
  if (cause.kind === 'execution_failed') return !latest.failed;
  return cause.kind !== 'riskos_late' || latest.state !== 'in_progress';
}

/** Where the funnel goes on when a reading shows that the cause is gone, or a person says so. */
function resumed(
  state: FunnelState,
  back: Checking,
  cause: AttentionCause,
  by: 'person' | 'reading',
): Checking {
  clearTimers(state, 'read', 'patience');
  switch (cause.kind) {
    case 'evaluation_unknown':
      return again(state, back);
    case 'execution_failed':
      // An evaluation that recovered is not asked for again.
      return by === 'person' ? again(state, back) : renewed(state, back);
    case 'technical_errors':
      return { ...back, technical: 0 };
    case 'riskos_late':
      return renewed(state, back);
    case 'reset_run_gone':
      // A person has looked for an earlier POST.
      state.lineage = { unchecked: [], bases: [] };
      return { ...back, attempt: { ...back.attempt, stop: null } };
    case 'request_refused':
    case 'requests_unclear':
      return { ...back, attempt: { ...back.attempt, perhapsProcessed: 0, stop: null } };
    case 'reading_refused':
    case 'unreadable_after_deadline':
      if (back.attempt.kind === 'reading' && !state.timers.deadline)
        setDeadlineTimer(state, back.attempt.deadline);
      return { ...back, readingsAsked: back.readingsAsked + 1 };
  }
}

/** The time that RiskOS took is not the candidate's, so the attempt gets a new deadline. */
function renewed(state: FunnelState, back: Checking): Checking {
  const { attempt, stage } = back;
  if (attempt.kind === 'posting') return back;
  clearTimers(state, 'deadline');
  const known = attempt.known.map((one) => ({ ...one, readSinceDeadline: false }));
  const deadline = deadlineFrom(now(), deadlineRule(state, stage));
  return { ...back, attempt: { ...attempt, known, overdue: false, deadline } };
}
