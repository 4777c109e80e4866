import type { Capture, EvaluationAsk } from '../../activities/evaluations.ts';
import {
  type Checking,
  type EvaluatedStage,
  type Evaluation,
  type FunnelState,
  milliseconds,
  type Policy,
  type Posting,
  type Reading,
  type RiskosFailure,
} from '../../src/contract/index.ts';
import { postEvaluation } from '../activities.ts';
import { now } from '../clock.ts';
import { countFound } from '../metrics.ts';
import { newAttempt } from '../state.ts';
import { noteRecovery, noteTrouble } from '../timeline.ts';
import { clearTimers, endTimers, hasFired, setTimer } from '../timers.ts';
import { waitUntil } from '../waiting.ts';
import { deadlineRule } from './deadline.ts';
import { mostEvalIds } from './hints.ts';
import { readGivenUp } from './read.ts';
import { type Stopped, stopped } from './result.ts';
import { deadlineFrom, waitAfterRefusedPosts, waitAfterUnclearPosts } from './schedule.ts';

/** After this many POSTs of unknown effect a person decides whether one more may be sent. */
const mostUnclear = 5;

/**
 * POSTs until RiskOS's id is known: from the answer, or, when the answer was lost, from an event. Then the attempt is a
 * {@link Reading}.
 */
export async function post(
  state: FunnelState,
  position: Checking,
  attempt: Posting,
): Promise<Stopped | undefined> {
  if (state.timers.post) {
    await waitUntil(
      state,
      () => attempt.evalIds.length > 0 || position.toRead.length > 0 || hasFired(state, 'post'),
    );
  }
  if (attempt.evalIds.length === 0 && (await readGivenUp(state, position))) return undefined;
  if (attempt.evalIds.length > 0) return identified(state, position, attempt);
  if (state.timers.post && !hasFired(state, 'post')) return undefined;
  clearTimers(state, 'post');
  if (attempt.stop) return stopped(attempt.stop);
  return postOnce(state, position, attempt);
}

async function postOnce(
  state: FunnelState,
  position: Checking,
  attempt: Posting,
): Promise<Stopped | undefined> {
  const called = await postEvaluation(state, askOf(state, position, attempt));
  if ('failure' in called) return afterFailure(state, attempt, called.failure);
  noteRecovery(state);
  return identified(state, position, attempt, called.evaluation);
}

/** An event that names the evaluation outweighs any failure of the POST. */
function afterFailure(state: FunnelState, attempt: Posting, failure: RiskosFailure): Stopped | undefined {
  const { processed, reason: problem, action, fields, evalId, retryAfter, type } = failure;
  if (evalId !== null && !attempt.evalIds.includes(evalId)) attempt.evalIds.push(evalId);
  if (attempt.evalIds.length > 0) return undefined;
  if (type === 'ResetRunGone') return stopped({ kind: 'reset_run_gone' });
  const refused = type === 'RiskosRefused';
  if (processed === 'no') {
    const smsPossible = attempt.perhapsProcessed > 0;
    if (refused) return stopped({ kind: 'request_refused', problem, action, fields, smsPossible });
    attempt.notProcessed += 1;
    setTimer(state, 'post', now() + (retryAfter ?? waitAfterRefusedPosts(attempt.notProcessed)));
    noteTrouble(state, 'request_not_taken', problem);
    return undefined;
  }
  attempt.perhapsProcessed += 1;
  noteTrouble(state, 'request_unclear', problem);
  const wait = waitAfterUnclearPosts(state.application.policy, attempt.perhapsProcessed);
  setTimer(state, 'post', now() + wait);
  if (refused) attempt.stop = { kind: 'request_refused', problem, action, fields, smsPossible: true };
  else if (attempt.perhapsProcessed >= mostUnclear)
    attempt.stop = { kind: 'requests_unclear', count: attempt.perhapsProcessed };
  return undefined;
}

/** RiskOS knows the attempt: its deadline begins, and what the answer did not say is read. */
function identified(
  state: FunnelState,
  position: Checking,
  attempt: Posting,
  answer?: Evaluation,
): undefined {
  clearTimers(state, 'post');
  const { evaluationId, number, notProcessed, perhapsProcessed, stop } = attempt;
  const named = attempt.evalIds.filter((evalId) => evalId !== answer?.evalId).slice(-mostEvalIds);
  const reading: Reading = {
    kind: 'reading',
    evaluationId,
    number,
    notProcessed,
    perhapsProcessed,
    stop,
    known: [
      ...(answer ? [{ evalId: answer.evalId, answered: true, misses: 0, readSinceDeadline: false }] : []),
      ...named.map((evalId) => ({ evalId, answered: false, misses: 0, readSinceDeadline: false })),
    ],
    latest: answer ?? null,
    reads: 0,
    failedReads: 0,
    codes: 0,
    deadline: deadlineFrom(now(), deadlineRule(state, position.stage)),
    overdue: false,
  };
  position.attempt = reading;
  if (answer?.state === 'completed') countFound(position.stage, 'post');
  const toRead = attempt.evalIds.filter((evalId) => evalId !== answer?.evalId || isOutdated(answer, attempt));
  position.toRead.push(...toRead.slice(-mostEvalIds).map((evalId) => ({ evaluationId, evalId })));
}

/** An event that came during the POST can be newer than its answer. */
function isOutdated({ evalId, state }: Evaluation, { perhapsNewer }: Posting): boolean {
  return state === 'in_progress' || (state === 'paused' && perhapsNewer.includes(evalId));
}

/** None of the ids that events named was valid, so the attempt waits for one again. */
export function unidentified(state: FunnelState, attempt: Reading): Posting {
  const { evaluationId, number, notProcessed, perhapsProcessed, stop } = attempt;
  const { ambiguousWait } = state.application.policy;
  endTimers(state);
  setTimer(state, 'post', now() + milliseconds(ambiguousWait));
  return { ...newAttempt(evaluationId, number), notProcessed, perhapsProcessed, stop };
}

function askOf(state: FunnelState, position: Checking, attempt: Posting): EvaluationAsk {
  const { application, baseline, lineage } = state;
  const { stage } = position;
  return {
    evaluationId: attempt.evaluationId,
    applicationId: application.applicationId,
    useCase: stage === 'passive_check' ? application.useCase : stage,
    candidate: application.candidate,
    custom: application.custom,
    capture: captureOf(application.policy, stage),
    tries: attempt.notProcessed + 1,
    lineage,
    unclear: attempt.perhapsProcessed,
    ...(stage === 'selfie_reverification' && baseline ? { baseline } : {}),
  };
}

function captureOf(policy: Policy, stage: EvaluatedStage): Capture | null {
  const { sendMessage, language, documentType, useCaseKey, redirect } = policy.documents;
  switch (stage) {
    case 'passive_check':
    case 'payroll_setup':
      return null;
    case 'document_verification':
      return { sendMessage, language, documentType, useCaseKey, redirect };
    case 'selfie_reverification':
      return { sendMessage, language, useCaseKey: policy.reverification.useCaseKey, redirect };
  }
}
