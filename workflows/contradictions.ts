import { CancellationScope, condition } from '@temporalio/workflow';
import {
  type FunnelState,
  inWords,
  type RiskosEvent,
  type RiskosFailure,
  type VerdictRecord,
} from '../src/contract/index.ts';
import { read } from './activities.ts';
import { now } from './clock.ts';
import { contradicts } from './evaluation/judge.ts';
import { mostMisses } from './evaluation/read.ts';
import { waitAfterFailedReadings } from './evaluation/schedule.ts';
import { announce } from './notices.ts';
import { note } from './timeline.ts';
import { clearTimers, hasFired, setTimer } from './timers.ts';

type Settled = FunnelState['settled'][number];
type Check = FunnelState['toCheck'][number];

const mostChecks = 20;

/** True if an event of a settled evaluation can mean another decision; only then is it worth a reading. */
export function mayHaveChanged({ evalIds }: Settled, { eventType, evalId }: RiskosEvent): boolean {
  if (eventType === 'decision_update' || eventType === 'reevaluation') return true;
  return eventType === 'evaluation_completed' && evalId !== undefined && !evalIds.includes(evalId);
}

export function queueCheck(state: FunnelState, { evaluationId, evalIds }: Settled, event: RiskosEvent): void {
  const evalId = event.evalId ?? evalIds[0];
  if (evalId !== undefined && state.toCheck.length < mostChecks)
    state.toCheck.push({ evaluationId, evalId, failures: 0 });
}

/**
 * Reads, beside the story, settled evaluations whose decision may have changed. The verdict stays; a different decision is
 * recorded and shown.
 */
export function watchContradictions(state: FunnelState): void {
  void CancellationScope.nonCancellable(async () => {
    for (;;) {
      await condition(
        () => state.toCheck.length > 0 && (!state.timers.contradiction || hasFired(state, 'contradiction')),
      );
      clearTimers(state, 'contradiction');
      const [check] = state.toCheck;
      if (check) await look(state, check);
    }
  });
}

async function look(state: FunnelState, check: Check): Promise<void> {
  const called = await read(state, check);
  if ('failure' in called) {
    check.failures += 1;
    if (!canSucceedLater(called.failure, check.failures)) return done(state, check);
    const wait = waitAfterFailedReadings(state.application.policy, check.failures);
    return setTimer(state, 'contradiction', now() + wait);
  }
  done(state, check);
  const record = state.verdicts.findLast(({ evaluationId }) => evaluationId === check.evaluationId);
  const settled = state.settled.find(({ evaluationId }) => evaluationId === check.evaluationId);
  if (!record || !settled || record.flags.includes('contradicted_later')) return;
  const { evaluation } = called;
  if (!contradicts(evaluation, record.verdict, settled.decisions, state.application.policy)) return;
  const contradicted: VerdictRecord = { ...record, flags: [...record.flags, 'contradicted_later'] };
  // A notice that is already queued keeps its content.
  state.verdicts = state.verdicts.map((one) => (one === record ? contradicted : one));
  state.notices.verdicts = state.notices.verdicts.map((one) => (one === record ? contradicted : one));
  announce(state, 'conflict');
  note(
    state,
    'contradiction',
    `RiskOS now says ${evaluation.decision ?? ''} for ${inWords(record.stage)}, attempt ${record.attempt}; the verdict stays`,
  );
}

/** RiskOS may not find an evaluation right after the event that names it. Retrying does not help if it belongs to another request. */
function canSucceedLater({ type }: RiskosFailure, failures: number): boolean {
  if (type === 'RiskosForeignEvaluation') return false;
  return type !== 'RiskosUnknownEvaluation' || failures < mostMisses;
}

function done(state: FunnelState, check: Check): void {
  state.toCheck = state.toCheck.filter((one) => one !== check);
}
