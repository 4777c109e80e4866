import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  proxyActivities,
  workflowInfo,
} from '@temporalio/workflow';
import type { Answered, EvaluationActivities, EvaluationAsk, PatchAsk } from '../activities/evaluations.ts';
import {
  activityBounds,
  type Evaluation,
  type FunnelState,
  type Hint,
  inWords,
  parseEvaluationId,
  neverRan,
  parseRiskosFailure,
  type RiskosFailure,
  riskosTaskQueue,
} from '../src/contract/index.ts';
import { recordActivation } from './activation.ts';

const limits = {
  startToCloseTimeout: activityBounds.riskos,
  heartbeatTimeout: '5s',
  cancellationType: 'TRY_CANCEL',
} as const;

// No limit on queueing: a POST that has not started cannot have reached RiskOS.
const { createEvaluation } = proxyActivities<EvaluationActivities>({
  ...limits,
  retry: { maximumAttempts: 1 },
});

// Whoever sent the update waits for the answer.
const { patchEvaluation } = proxyActivities<EvaluationActivities>({
  ...limits,
  scheduleToCloseTimeout: '90s',
  retry: { maximumAttempts: 1 },
});

const { readEvaluation } = proxyActivities<EvaluationActivities>({
  ...limits,
  // If RiskOS asks for a longer wait, the call fails and the next reading follows after the back-off.
  scheduleToCloseTimeout: '90s',
  retry: { initialInterval: '1s', maximumInterval: '15s', maximumAttempts: 4 },
});

/** A call's result: RiskOS's evaluation, or how the call failed. */
export type Called = { evaluation: Evaluation } | { failure: RiskosFailure };

/** One POST; never repeated by Temporal. */
export function postEvaluation(state: FunnelState, ask: EvaluationAsk): Promise<Called> {
  return calledByStory(state, () =>
    createEvaluation.executeWithOptions(options('POST', ask.evaluationId), [ask]),
  );
}

/** One PATCH; never repeated by Temporal. */
export function patch(state: FunnelState, ask: PatchAsk): Promise<Called> {
  return called(state, () =>
    patchEvaluation.executeWithOptions(options('PATCH', ask.patch.evaluationId), [ask]),
  );
}

/** One GET; Temporal repeats it a few times. */
export function read(state: FunnelState, hint: Hint): Promise<Called> {
  const { evaluationId, evalId } = hint;
  return calledByStory(state, () =>
    readEvaluation.executeWithOptions(options('GET', evaluationId), [{ evaluationId, evalId }]),
  );
}

/** Throws {@link CancelledFailure} if the story has been withdrawn, even if the call itself failed at that moment. */
async function calledByStory(state: FunnelState, call: () => Promise<Answered>): Promise<Called> {
  const result = await called(state, call);
  if ('failure' in result && CancellationScope.current().consideredCancelled)
    throw new CancelledFailure('withdrawn');
  return result;
}

async function called(state: FunnelState, call: () => Promise<Answered>): Promise<Called> {
  try {
    const { evaluation, noticesConfigured, resetBases } = await call();
    state.notices.wanted = noticesConfigured;
    if (resetBases) state.lineage = { unchecked: [], bases: resetBases };
    return { evaluation };
  } catch (error) {
    return { failure: failureOf(error) };
  } finally {
    recordActivation(state);
  }
}

function failureOf(error: unknown): RiskosFailure {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  if (!(cause instanceof ApplicationFailure)) return parseRiskosFailure(undefined, undefined);
  // The SDK's words for arguments that the payload codec could not decode.
  if (cause.message.startsWith('Failed to parse activity args')) return neverRan;
  return parseRiskosFailure(cause.type, cause.details?.[0]);
}

function options(
  verb: 'POST' | 'PATCH' | 'GET',
  evaluationId: string,
): { summary: string; taskQueue: string } {
  const key = parseEvaluationId(evaluationId);
  return {
    summary: key ? `${verb} ${inWords(key.stage)}, attempt ${key.attempt}` : verb,
    taskQueue: riskosTaskQueue(workflowInfo().taskQueue),
  };
}
