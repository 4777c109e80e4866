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

/** The steps of a RiskOS workflow that can fail; `other` is any that the funnel does not depend on. */
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
