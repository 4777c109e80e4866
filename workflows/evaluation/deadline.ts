import type { DeadlineRule, EvaluatedStage, FunnelState } from '../../src/contract/index.ts';

/** How long the candidate's part of a stage may take. */
export function deadlineRule(state: FunnelState, stage: EvaluatedStage): DeadlineRule {
  const { documents, reverification } = state.application.policy;
  return stage === 'selfie_reverification' ? reverification : documents;
}
