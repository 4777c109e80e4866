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

// It may wait for a worker, or behind the rate limit, as long as it must: only what began can have reached RiskOS.
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
  // A reading that RiskOS puts off for longer is left to the next one: no decision waits for it.
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

/** Throws {@link CancelledFailure} when the story has been withdrawn, even if the call failed by itself at that moment. */
async function calledByStory(state: FunnelState, call: () => Promise<Answered>): Promise<Called> {
  const result = await called(state, call);
  if ('failure' in result && CancellationScope.current().consideredCancelled)
    throw new CancelledFailure('withdrawn');
  return result;
}

async function called(state: FunnelState, call: () => Promise<Answered>): Promise<Called> {
  try {
    const { evaluation, hrIsTold, resetBases } = await call();
    state.notices.wanted = hrIsTold;
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
