import { CancellationScope, condition, isCancellation, workflowInfo } from '@temporalio/workflow';
import {
  type Advice,
  type AwaitingDocumentRequest,
  type Baseline,
  type Checking,
  type Closed,
  type EvaluatedStage,
  type Evaluation,
  type FunnelState,
  inWords,
  milliseconds,
  type Outcome,
  type Position,
  resumptionOf,
  type Review,
  type Status,
  type Verified,
} from '../src/contract/index.ts';
import { acceptApplication } from './application.ts';
import { attendedTo, needsAttention } from './attention.ts';
import { now } from './clock.ts';
import { watchContradictions } from './contradictions.ts';
import { evaluate } from './evaluation/attempt.ts';
import type { Judged } from './evaluation/result.ts';
import { deadlineFrom } from './evaluation/schedule.ts';
import { handlersFinished } from './handlers-finished.ts';
import { registerHandlers } from './handlers.ts';
import { archiveImages, imagesPending, wantImages } from './images.ts';
import { countClosed } from './metrics.ts';
import { deliverNotices, handOverNotices } from './notices.ts';
import { keyOfRun, makeKey } from './key.ts';
import { maxAttempts } from './policy.ts';
import { keepMemoPublished, noteMemo, publish } from './publish.ts';
import { reviewed } from './review.ts';
import { again, checking, dropSpentData, newState, openChecking, restoreState } from './state.ts';
import { statusOf } from './status.ts';
import { note } from './timeline.ts';
import { clearTimers, hasFired, resumeTimers, setDeadlineTimer, setTimer } from './timers.ts';
import { waitUntil } from './waiting.ts';

/**
 * One candidate's way through workforce verification, from the application to the last day it is needed. The story
 * is a loop over positions: each step does what its position is for and returns the next one. `carried` is the state that an
 * earlier run of the same funnel passed on.
 */
export async function candidateFunnel(application: unknown, carried?: unknown): Promise<Status> {
  // A second argument counts only from an earlier run: anybody can start a workflow.
  const continued = workflowInfo().continuedFromExecutionRunId !== undefined && carried !== undefined;
  const state = continued ? restoreState(carried) : newState(acceptApplication(application));
  noteMemo(state);
  if (!continued) note(state, 'start', state.baseline ? 'verified elsewhere' : 'application received');
  const story = new CancellationScope();
  const key = keyOfRun();
  registerHandlers(state, story, key);
  if (!key.there) await makeKey(key);
  resumeTimers(state);
  deliverNotices(state);
  watchContradictions(state);
  keepMemoPublished(state);
  try {
    await story.run(() => walk(state));
  } catch (error) {
    if (!isCancellation(error)) throw error;
    moveTo(state, close(state, 'withdrawn'));
  }
  await CancellationScope.nonCancellable(() => tidyUp(state));
  return statusOf(state);
}

async function walk(state: FunnelState): Promise<void> {
  while (state.position.stage !== 'closed') {
    publish(state);
    moveTo(state, await step(state, state.position));
  }
}

/** Trouble with RiskOS is over for a funnel that asks it for nothing any more. */
function moveTo(state: FunnelState, position: Position): void {
  state.position = position;
  const isTrying =
    position.stage === 'needs_attention'
      ? resumptionOf(position.cause) === 'reading'
      : openChecking(state) !== undefined;
  if (!isTrying) state.trouble = null;
}

async function step(state: FunnelState, position: Position): Promise<Position> {
  switch (position.stage) {
    case 'passive_check':
    case 'document_verification':
    case 'selfie_reverification':
    case 'payroll_setup':
      return check(state, position);
    case 'awaiting_document_request':
      return waitForDocumentRequest(state, position);
    case 'review':
      return waitForReview(state, position);
    case 'verified':
      return restVerified(state, position);
    case 'needs_attention':
      return attendedTo(state, position);
    case 'closed':
      return position;
  }
}

async function check(state: FunnelState, position: Checking): Promise<Position> {
  // Archiving starts first: a POST may queue for a long time, and nothing can be started while it is pending.
  await archiveImages(state);
  const result = await evaluate(state, position);
  switch (result.kind) {
    case 'stopped':
      return needsAttention(state, position, result.cause);
    case 'expired':
      return afterDeadline[position.stage](state, position);
    case 'judged':
      wantImages(state, position.stage, result);
      return afterVerdict(state, position, result);
  }
}

function afterVerdict(state: FunnelState, position: Checking, judged: Judged): Position {
  const { stage } = position;
  const { verdict, flags, attempt } = judged;
  if (flags.includes('technical') && verdict !== 'review') return afterTechnicalError(state, position);
  switch (verdict) {
    case 'accept':
      return afterAccept[stage](state, attempt.latest);
    case 'review':
      return flags.includes('unknown_decision')
        ? enterReview(state, position, judged)
        : afterReviewVerdict[stage](state, position, judged);
    case 'reject':
      return afterReject[stage](state, position, judged);
    case 'resubmit':
      return afterResubmit(state, position, judged);
    case 'cancel':
      return flags.includes('link_expired')
        ? afterDeadline[stage](state, position)
        : close(state, 'cancelled');
  }
}

/** A person's decision is final: the policy's rules for RiskOS's own verdicts do not apply. */
async function waitForReview(state: FunnelState, position: Review): Promise<Position> {
  const judged = await reviewed(state, position);
  const { of } = position;
  wantImages(state, of.stage, judged);
  switch (judged.verdict) {
    case 'accept':
      return afterAccept[of.stage](state, judged.attempt.latest);
    case 'resubmit':
      return oneMoreAttempt(state, of, judged.advice);
    case 'review':
      return enterReview(state, of, judged);
    case 'reject':
      return close(state, 'rejected');
    case 'cancel':
      return close(state, 'cancelled');
  }
}

async function waitForDocumentRequest(
  state: FunnelState,
  position: AwaitingDocumentRequest,
): Promise<Position> {
  await waitUntil(state, () => position.request !== null);
  return checking(state, 'document_verification');
}

async function restVerified(state: FunnelState, position: Verified): Promise<Position> {
  // Data from the update just received is needed by the stage that it requested.
  if (position.request === null) dropSpentData(state);
  const { every } = state.application.policy.reverification;
  if (every !== null && state.baseline !== null && !state.timers.reverify)
    setTimer(state, 'reverify', now() + milliseconds(every));
  await waitUntil(state, () => position.request !== null || hasFired(state, 'reverify'));
  switch (position.request?.kind) {
    case 'complete':
      return close(state, 'completed');
    case 'requestPayrollSetup':
      return checking(state, 'payroll_setup');
    case 'requestReverification':
    // The period is over.
    case undefined:
      clearTimers(state, 'reverify');
      return checking(state, 'selfie_reverification');
  }
}

const afterAccept: Record<EvaluatedStage, (state: FunnelState, evaluation: Evaluation) => Position> = {
  passive_check: (state, evaluation) => {
    // A step-up inside the passive evaluation has verified documents already.
    if (baselineOf(evaluation)) return keepBaseline(state, evaluation);
    return state.application.policy.documents.start === 'immediately'
      ? checking(state, 'document_verification')
      : { stage: 'awaiting_document_request', request: null };
  },
  document_verification: keepBaseline,
  selfie_reverification: verified,
  payroll_setup: verified,
};

type Follow = Record<EvaluatedStage, (state: FunnelState, position: Checking, judged: Judged) => Position>;

const afterReviewVerdict: Follow = {
  passive_check: (state, position, judged) =>
    stepUp(state, position, judged, state.application.policy.passive.onReview),
  document_verification: enterReview,
  selfie_reverification: enterReview,
  payroll_setup: enterReview,
};

const afterReject: Follow = {
  passive_check: (state, position, judged) =>
    stepUp(state, position, judged, state.application.policy.passive.onReject),
  document_verification: (state) => close(state, 'rejected'),
  selfie_reverification: (state, position, judged) => {
    switch (state.application.policy.reverification.onReject) {
      case 'review':
        return enterReview(state, position, judged);
      case 'verified':
        return verified();
      case 'close':
        return close(state, 'rejected');
    }
  },
  payroll_setup: (state) => close(state, 'rejected'),
};

const afterDeadline: Record<EvaluatedStage, (state: FunnelState, position: Checking) => Position> = {
  passive_check: (state) => close(state, 'expired'),
  document_verification: (state, position) =>
    state.application.policy.documents.onDeadline === 'next_attempt'
      ? nextAttempt(state, position, position.advice, 'expired')
      : close(state, 'expired'),
  selfie_reverification: (state) =>
    state.application.policy.reverification.onDeadline === 'verified' ? verified() : close(state, 'expired'),
  payroll_setup: verified,
};

function afterResubmit(state: FunnelState, position: Checking, judged: Judged): Position {
  const { advice } = judged;
  switch (position.stage) {
    case 'passive_check':
      return stepUp(state, position, judged, state.application.policy.passive.onResubmit, advice);
    case 'payroll_setup':
      return enterReview(state, position, judged);
    case 'document_verification':
    case 'selfie_reverification':
      return nextAttempt(state, position, advice, 'attempts_exhausted');
  }
}

/** The candidate's next attempt, if the policy has one left. */
function nextAttempt(state: FunnelState, position: Checking, advice: Advice[], otherwise: Outcome): Position {
  if (position.tries >= maxAttempts(state.application.policy, position.stage)) return close(state, otherwise);
  return again(state, position, { tries: position.tries + 1, advice });
}

/** A person may grant an attempt beyond the policy's. */
function oneMoreAttempt(state: FunnelState, position: Checking, advice: Advice[]): Position {
  if (position.stage === 'passive_check') return checking(state, 'document_verification', { advice });
  return again(state, position, { tries: position.tries + 1, advice });
}

/** A new evaluation that does not count as the candidate's attempt, with a cap of its own. */
function afterTechnicalError(state: FunnelState, position: Checking): Position {
  const technical = position.technical + 1;
  const next = again(state, position, { technical });
  if (technical <= state.application.policy.documents.maxTechnicalRetries) return next;
  return needsAttention(state, next, { kind: 'technical_errors', count: technical });
}

function stepUp(
  state: FunnelState,
  position: Checking,
  judged: Judged,
  to: 'document_verification' | 'review' | 'close',
  advice: Advice[] = [],
): Position {
  switch (to) {
    case 'document_verification':
      return checking(state, 'document_verification', { advice });
    case 'review':
      return enterReview(state, position, judged);
    case 'close':
      return close(state, 'rejected');
  }
}

function enterReview(state: FunnelState, position: Checking, { verdict, attempt }: Judged): Review {
  const deadline = deadlineFrom(now(), state.application.policy.review);
  setDeadlineTimer(state, deadline);
  const { evalId, decidedAt } = attempt.latest;
  return {
    stage: 'review',
    // Attempts that were given up no longer count, and the schedule of readings starts over.
    of: { ...position, givenUp: [], toRead: [], attempt: { ...attempt, reads: 0 } },
    settled: { verdict, evalId, decidedAt: decidedAt ?? null },
    deadline,
    request: null,
  };
}

function verified(): Verified {
  return { stage: 'verified', request: null };
}

/** Called for accepted evaluations only, so that no selfie is compared with any other reference. */
function keepBaseline(state: FunnelState, evaluation: Evaluation): Verified {
  const baseline = baselineOf(evaluation);
  if (baseline) state.baseline = baseline;
  else note(state, 'verdict', 'accepted without a reference: no selfie can be compared later');
  return verified();
}

function baselineOf({ referenceId, transactionToken, reviewedReference }: Evaluation): Baseline | undefined {
  if (referenceId === undefined) return reviewedReference;
  return { referenceId, ...(transactionToken === undefined ? {} : { transactionToken }) };
}

function close(state: FunnelState, outcome: Outcome): Closed {
  dropSpentData(state);
  countClosed(outcome);
  note(state, 'close', `closed: ${inWords(outcome)}`);
  return { stage: 'closed', outcome };
}

/** Images that are still being archived may report their result, for a while; the archiving itself goes on anyway. */
async function tidyUp(state: FunnelState): Promise<void> {
  publish(state);
  await archiveImages(state);
  // A closed funnel accepts no more updates, so none is open after this.
  await handlersFinished();
  if (imagesPending(state)) await condition(() => !imagesPending(state), '1 minute');
  publish(state);
  await handOverNotices(state);
}
