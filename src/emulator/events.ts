import { answerOf, completedDataOf } from './answer.ts';
import type { Evaluation, Side } from './evaluation.ts';
import type { FollowUp } from './scenarios.ts';
import type { WebhookEvent } from './webhooks.ts';

/** The documented steps of a capture [doc]; those of expiry and declined consent are [open]. */
export const uploaded: Record<Side, string> = {
  front: 'Document Front Uploaded',
  back: 'Document Back Uploaded',
  selfie: 'Document Selfie Uploaded',
};
export const endNotes = {
  submitted: ['Documents Upload Successful', 'Session Complete'],
  declined: ['Consent Declined'],
  expired: ['Session Expired'],
};

/** What every event of a case carries. */
export function caseOf(evaluation: Evaluation) {
  return {
    id: evaluation.id,
    eval_id: evaluation.evalId,
    workflow: evaluation.request.workflow,
    environment_name: evaluation.environment,
  };
}

/** What each type of event carries [doc]; an unknown one carries what a case event does. */
export function eventDataOf(evaluation: Evaluation, event: FollowUp): WebhookEvent['data'] {
  const { decision, reasonCodes, notes } = event;
  if (event.event === 'evaluation_paused') return answerOf(evaluation);
  if (event.event === 'evaluation_completed' || event.event === 'reevaluation') {
    return { ...completedDataOf(evaluation), ...(decision ? { decision } : {}) };
  }
  if (event.event === 'fraud_confirming') return { id: evaluation.id, notes };
  if (event.event === 'workflow_execution_failed') {
    return {
      ...caseOf(evaluation),
      error_message: evaluation.failure ?? (notes || 'a step of the workflow failed'),
    };
  }
  return {
    ...caseOf(evaluation),
    ...(decision ? { decision, decision_at: evaluation.decisionAt } : {}),
    reviewer_id: 'reviewer@emulator.invalid',
    reason_codes: reasonCodes,
    notes,
    ...(event.attachment ? { file_name: event.attachment } : {}),
  };
}
