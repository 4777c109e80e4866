import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';

/** The SDK's type of the same name, which it does not export. */
interface SearchAttributeKey<Type extends SearchAttributeType> {
  name: string;
  type: Type;
}

type FunnelSearchAttributes = {
  stage: SearchAttributeKey<'KEYWORD'>;
  outcome: SearchAttributeKey<'KEYWORD'>;
  attempt: SearchAttributeKey<'INT'>;
  waitingFor: SearchAttributeKey<'KEYWORD'>;
  escalation: SearchAttributeKey<'KEYWORD'>;
  attention: SearchAttributeKey<'KEYWORD'>;
  trouble: SearchAttributeKey<'KEYWORD'>;
  deadline: SearchAttributeKey<'DATETIME'>;
};

/** What operators and HR can filter by in the Temporal UI; never PII. On SQL, Temporal allows ten KEYWORD in a namespace: six are used. */
export const searchAttributes: FunnelSearchAttributes = {
  stage: defineSearchAttributeKey('FunnelStage', SearchAttributeType.KEYWORD),
  outcome: defineSearchAttributeKey('FunnelOutcome', SearchAttributeType.KEYWORD),
  attempt: defineSearchAttributeKey('FunnelAttempt', SearchAttributeType.INT),
  waitingFor: defineSearchAttributeKey('FunnelWaitingFor', SearchAttributeType.KEYWORD),
  escalation: defineSearchAttributeKey('FunnelEscalation', SearchAttributeType.KEYWORD),
  attention: defineSearchAttributeKey('FunnelAttention', SearchAttributeType.KEYWORD),
  trouble: defineSearchAttributeKey('FunnelTrouble', SearchAttributeType.KEYWORD),
  deadline: defineSearchAttributeKey('FunnelDeadline', SearchAttributeType.DATETIME),
};
