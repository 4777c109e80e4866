import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

/** What operators and HR can filter by in the Temporal UI; never PII. */
export const searchAttributes = {
  stage: defineSearchAttributeKey('FunnelStage', SearchAttributeType.KEYWORD),
  outcome: defineSearchAttributeKey('FunnelOutcome', SearchAttributeType.KEYWORD),
  attempt: defineSearchAttributeKey('FunnelAttempt', SearchAttributeType.INT),
  waitingFor: defineSearchAttributeKey('FunnelWaitingFor', SearchAttributeType.KEYWORD),
  escalation: defineSearchAttributeKey('FunnelEscalation', SearchAttributeType.KEYWORD),
  deadline: defineSearchAttributeKey('FunnelDeadline', SearchAttributeType.DATETIME),
};
