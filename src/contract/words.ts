/** Where a funnel stands. */
export const stages = [
  'passive_check',
  'awaiting_document_request',
  'document_verification',
  'review',
  'verified',
  'selfie_reverification',
  'payroll_setup',
  'needs_attention',
  'closed',
] as const;
export type Stage = (typeof stages)[number];

/** The stages that run evaluations. */
export const evaluatedStages = [
  'passive_check',
  'document_verification',
  'selfie_reverification',
  'payroll_setup',
] as const satisfies readonly Stage[];
export type EvaluatedStage = (typeof evaluatedStages)[number];

/** How a funnel closed. */
export const outcomes = [
  'rejected',
  'withdrawn',
  'expired',
  'attempts_exhausted',
  'cancelled',
  'completed',
] as const;
export type Outcome = (typeof outcomes)[number];

/** Our word for a RiskOS decision. */
export const verdicts = ['accept', 'review', 'reject', 'resubmit', 'cancel'] as const;
export type Verdict = (typeof verdicts)[number];

/** Caveats that must always be shown with a verdict. */
export const flags = [
  /** RiskOS used a decision word that neither we nor the policy know. */
  'unknown_decision',
  /** A step of RiskOS failed; the candidate did nothing wrong. */
  'technical',
  /** The capture link expired, or the candidate let the session lapse; it counts as an attempt, like a missed deadline. */
  'link_expired',
  /** A reason code marks fraud. */
  'risk',
  /** The selfie was not compared with the reference that was sent. */
  'other_reference',
  /** RiskOS accepted, but verified no document although documents were requested. */
  'no_document_result',
  /** Accepted without the reference of an accepted document: no selfie can be compared later. */
  'no_baseline',
  /** A step of an accepted evaluation failed. */
  'enrichment_failed',
  /** A rule of the policy changed RiskOS's decision. */
  'routed',
  /** A person at HR decided. */
  'decided_by_hr',
  /** RiskOS later changed its decision; the verdict stays. */
  'contradicted_later',
] as const;
export type Flag = (typeof flags)[number];

/** The steps of a RiskOS workflow that can fail; `other` is any step that the funnel does not depend on. */
export const failedSteps = [
  'document_request',
  'document_verification',
  'selfie_reverification',
  'digital_intelligence',
  'other',
] as const;
export type FailedStep = (typeof failedSteps)[number];

/** What a check asks of RiskOS; the integration guide has a table of required fields for each [doc]. */
export const useCases = [
  'passive',
  'document_verification',
  'selfie_reverification',
  'payroll_setup',
  'contractor_onboarding',
] as const;
export type UseCase = (typeof useCases)[number];

/** A term as people read it: `document_verification` becomes "document verification". */
export function inWords(term: string): string {
  return term.replaceAll('_', ' ');
}
