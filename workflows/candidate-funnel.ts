import { CancellationScope, condition, isCancellation, workflowInfo } from '@temporalio/workflow';
import {
  type ApplicationInput,
  type Evaluation,
  inWords,
  milliseconds,
  type Outcome,
  type Stage,
  type Status,
} from '../src/contract/index.ts';
import { acceptApplication } from './application.ts';
import { clearAlarms, hasRung, resumeAlarms, setAlarm } from './alarms.ts';
import { now } from './clock.ts';
import { evaluate, forgetAbandoned, NeedsAttention, review, setDeadline } from './evaluation.ts';
import { archiveImages, imagesPending, wantImages } from './images.ts';
import { type EvaluatedStage, type Memory, newMemory, note, recall } from './memory.ts';
import { listen } from './messages.ts';
import { handOverNotices, sendNotices } from './notices.ts';
import { maxAttempts, show, statusOf } from './status.ts';
import { handlersFinished, waitUntil } from './waiting.ts';

/**
 * One candidate's way through workforce verification, from the application to the last day it is needed. The story
 * is a loop over stages: each step does what its stage is for and names the next one. `carried` is the memory of
 * an earlier run of the same funnel.
 */
export async function candidateFunnel(application: ApplicationInput, carried?: Memory): Promise<Status> {
  // A second argument counts only from an earlier run: anybody can start a workflow.
  const continued = workflowInfo().continuedFromExecutionRunId !== undefined;
  const memory = continued && carried ? recall(carried) : newMemory(acceptApplication(application));
  if (!continued) note(memory, application.baseline ? 'verified elsewhere' : 'application received');
  const story = new CancellationScope();
  listen(memory, story);
  resumeAlarms(memory);
  sendNotices(memory);
  try {
    await story.run(() => walk(memory));
  } catch (error) {
    if (!isCancellation(error)) throw error;
    memory.stage = close(memory, 'withdrawn');
  }
  await CancellationScope.nonCancellable(() => tidyUp(memory));
  return statusOf(memory);
}

async function walk(memory: Memory): Promise<void> {
  for (;;) {
    const { stage } = memory;
    if (stage === 'closed') return;
    show(memory);
    try {
      memory.stage = await steps[stage](memory);
      if (memory.stage !== 'review' && memory.evaluation?.settled) memory.evaluation = null;
    } catch (error) {
      if (!(error instanceof NeedsAttention)) throw error;
      memory.attention = { reason: error.message, fields: error.fields };
      memory.interrupted = stage;
      memory.unexplained = error.unexplained;
      memory.stage = 'needs_attention';
      note(memory, `stopped for attention: ${error.message}`);
    }
  }
}

const steps: Record<Exclude<Stage, 'closed'>, (memory: Memory) => Promise<Stage>> = {
  passive_check: (memory) => check(memory, 'passive_check'),
  awaiting_document_request: waitForDocumentRequest,
  document_verification: (memory) => check(memory, 'document_verification'),
  review: waitForReview,
  verified: restVerified,
  selfie_reverification: (memory) => check(memory, 'selfie_reverification'),
  payroll_setup: (memory) => check(memory, 'payroll_setup'),
  needs_attention: waitForAttention,
};

async function check(memory: Memory, stage: EvaluatedStage): Promise<Stage> {
  // A POST may queue for long, and waits for its answer are no place to begin anything.
  await archiveImages(memory);
  const settled = await evaluate(memory, stage);
  if (settled.kind === 'expired') return afterDeadline[stage](memory);
  wantImages(memory, stage, settled);
  if (settled.technical) return afterTechnicalError(memory, stage);
  switch (settled.verdict) {
    case 'accept':
      return afterAccept[stage](memory, settled.evaluation);
    case 'review':
      return settled.unknown ? enterReview(memory) : afterReviewVerdict[stage](memory);
    case 'reject':
      return afterReject[stage](memory);
    case 'resubmit':
      return afterResubmit(memory, stage, settled.evaluation);
    case 'cancel':
      return close(memory, 'cancelled');
  }
}

/** A person decides; their word is final, whatever the policy says of a verdict that RiskOS gives by itself. */
async function waitForReview(memory: Memory): Promise<Stage> {
  const stage = memory.evaluation?.stage;
  const settled = await review(memory);
  if (settled.kind === 'expired' || stage === undefined) throw new NeedsAttention('The review got lost.');
  wantImages(memory, stage, settled);
  switch (settled.verdict) {
    case 'accept':
      return afterAccept[stage](memory, settled.evaluation);
    case 'resubmit':
      return anotherTry(memory, stage, settled.evaluation);
    case 'review':
      return enterReview(memory);
    case 'reject':
      return close(memory, 'rejected');
    case 'cancel':
      return close(memory, 'cancelled');
  }
}

async function waitForDocumentRequest(memory: Memory): Promise<Stage> {
  await waitUntil(memory, () => memory.request !== null);
  memory.request = null;
  return enter(memory, 'document_verification');
}

async function restVerified(memory: Memory): Promise<Stage> {
  // What an update has just brought is for the stage that it asked for.
  if (memory.request === null) forgetWhatIsDone(memory);
  const { every } = memory.application.policy.reverification;
  const periodic = every !== null && memory.baseline !== null && memory.alarms.reverify === undefined;
  if (periodic) setAlarm(memory, 'reverify', now() + milliseconds(every));
  await waitUntil(memory, () => memory.request !== null || hasRung(memory, 'reverify'));
  const { request } = memory;
  memory.request = null;
  if (request?.kind === 'complete') return close(memory, 'completed');
  if (request?.kind === 'requestPayrollSetup') return enter(memory, 'payroll_setup');
  clearAlarms(memory, 'reverify');
  return enter(memory, 'selfie_reverification');
}

async function waitForAttention(memory: Memory): Promise<Stage> {
  const explained = () => memory.unexplained && (memory.evaluation?.evalIds.length ?? 0) > 0;
  await waitUntil(memory, () => memory.request !== null || explained());
  if (memory.request === null) note(memory, 'an event tells which evaluation it is; going on');
  memory.request = null;
  memory.unexplained = false;
  const back = memory.interrupted ?? 'passive_check';
  memory.attention = null;
  memory.interrupted = null;
  memory.technical = 0;
  return back;
}

type Follow = Record<EvaluatedStage, (memory: Memory) => Stage>;

const afterAccept: Record<EvaluatedStage, (memory: Memory, evaluation: Evaluation) => Stage> = {
  passive_check: (memory, evaluation) => {
    // A step-up inside the passive evaluation has verified documents already.
    if (evaluation.referenceId !== undefined) return keepBaseline(memory, evaluation);
    const { start } = memory.application.policy.documents;
    return start === 'immediately' ? enter(memory, 'document_verification') : 'awaiting_document_request';
  },
  document_verification: keepBaseline,
  selfie_reverification: () => 'verified',
  payroll_setup: () => 'verified',
};

const afterReviewVerdict: Follow = {
  passive_check: (memory) => stepUp(memory, memory.application.policy.passive.onReview),
  document_verification: enterReview,
  selfie_reverification: enterReview,
  payroll_setup: enterReview,
};

const afterReject: Follow = {
  passive_check: (memory) => stepUp(memory, memory.application.policy.passive.onReject),
  document_verification: (memory) => close(memory, 'rejected'),
  selfie_reverification: (memory) => {
    const { onReject } = memory.application.policy.reverification;
    if (onReject === 'review') return enterReview(memory);
    return onReject === 'verified' ? 'verified' : close(memory, 'rejected');
  },
  payroll_setup: (memory) => close(memory, 'rejected'),
};

const afterDeadline: Follow = {
  passive_check: (memory) => close(memory, 'expired'),
  document_verification: (memory) =>
    memory.application.policy.documents.onDeadline === 'next_attempt'
      ? nextTry(memory, 'document_verification', 'expired')
      : close(memory, 'expired'),
  selfie_reverification: (memory) =>
    memory.application.policy.reverification.onDeadline === 'verified'
      ? 'verified'
      : close(memory, 'expired'),
  payroll_setup: () => 'verified',
};

function afterResubmit(memory: Memory, stage: EvaluatedStage, evaluation: Evaluation): Stage {
  memory.advice = evaluation.advice;
  if (stage === 'passive_check') return stepUp(memory, memory.application.policy.passive.onResubmit);
  if (stage === 'payroll_setup') return enterReview(memory);
  return nextTry(memory, stage, 'attempts_exhausted');
}

/** A person may grant a try beyond the policy's. */
function anotherTry(memory: Memory, stage: EvaluatedStage, evaluation: Evaluation): Stage {
  memory.advice = evaluation.advice;
  if (stage === 'passive_check') return enter(memory, 'document_verification');
  memory.tries += 1;
  return stage;
}

/** A new evaluation that does not count as the candidate's attempt, with a cap of its own. */
function afterTechnicalError(memory: Memory, stage: EvaluatedStage): Stage {
  memory.technical += 1;
  if (memory.technical <= memory.application.policy.documents.maxTechnicalRetries) return stage;
  throw new NeedsAttention(
    `RiskOS ended ${memory.technical} evaluations with a technical error. Look at its workflow, then retry.`,
  );
}

function nextTry(memory: Memory, stage: EvaluatedStage, otherwise: Outcome): Stage {
  if (memory.tries >= maxAttempts(memory, stage)) return close(memory, otherwise);
  memory.tries += 1;
  return stage;
}

function stepUp(memory: Memory, to: 'document_verification' | 'review' | 'close'): Stage {
  if (to === 'review') return enterReview(memory);
  return to === 'close' ? close(memory, 'rejected') : enter(memory, to);
}

function enter(memory: Memory, stage: EvaluatedStage): Stage {
  forgetAbandoned(memory);
  memory.tries = 1;
  memory.technical = 0;
  if (stage !== 'document_verification') memory.advice = [];
  return stage;
}

function enterReview(memory: Memory): Stage {
  setDeadline(memory, memory.application.policy.review);
  setAlarm(memory, 'deadline', ...memory.deadline);
  return 'review';
}

/** No later stage needs these unless HR gives them again. */
function forgetWhatIsDone(memory: Memory): void {
  const { dateOfBirth: _date, nationalId: _id, ...candidate } = memory.application.candidate;
  memory.application = { ...memory.application, candidate };
}

/** Only an accepted evaluation comes here, so only its reference is ever compared with. */
function keepBaseline(memory: Memory, evaluation: Evaluation): Stage {
  const { referenceId, transactionToken } = evaluation;
  if (referenceId === undefined)
    note(memory, 'accepted without a reference: no selfie can be compared later');
  else memory.baseline = { referenceId, ...(transactionToken === undefined ? {} : { transactionToken }) };
  memory.advice = [];
  return 'verified';
}

function close(memory: Memory, outcome: Outcome): 'closed' {
  memory.outcome = outcome;
  memory.evaluation = null;
  memory.attention = null;
  memory.request = null;
  note(memory, `closed: ${inWords(outcome)}`);
  return 'closed';
}

/** Images that are still being archived may tell their result, for a while; the archiving itself goes on anyway. */
async function tidyUp(memory: Memory): Promise<void> {
  show(memory);
  await archiveImages(memory);
  // A closed funnel takes no more updates, so every later wait is without one.
  await handlersFinished();
  if (imagesPending(memory)) await condition(() => !imagesPending(memory), '1 minute');
  show(memory);
  await handOverNotices(memory);
}
