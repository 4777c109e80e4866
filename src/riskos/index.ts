export { interpretEvaluation, type Interpretation } from './answers.ts';
export {
  type CallOptions,
  createRiskosClient,
  type Documents,
  type RiskosClient,
  type SeenAnswer,
} from './client.ts';
export type { Processed, RiskosProblem } from '../contract/index.ts';
export { type Fault, RiskosError, riskosProblems } from './errors.ts';
export { observed, type StepExecution, stepsOf } from './observed.ts';
export { reasonCodeTable, type ReasonCodeTable } from './reason-code-table.ts';
export { adviceFor, defaultReasonCodes, marksFraud, parseReasonCodes } from './reason-codes.ts';
export {
  type EvaluationPatch,
  evaluationPatch,
  type EvaluationRequest,
  evaluationRequest,
  parseEvaluationRequest,
} from './requests.ts';
export { type Backoff, retryAfterOf, retryDelay } from './retry.ts';
export type { RiskosClientOptions } from './settings.ts';
export { type CaptureStep, parseWebhook, type WebhookEvent, webhookEventTypes } from './webhooks.ts';
export {
  defaultEventTypes,
  type ExternalDevicePlacement,
  externalDevicePlacements,
  type PatchId,
  patchIds,
  type PreviousReferencePlacement,
  previousReferencePlacements,
} from './wire.ts';
