import type { DeadlineRule, EvaluatedStage, FunnelState } from '../../src/contract/index.ts';
import { clearTimers } from '../timers.ts';

/** How long the candidate's part of a stage may take. */
export function deadlineRule(state: FunnelState, stage: EvaluatedStage): DeadlineRule {
  const { documents, reverification } = state.application.policy;
  return stage === 'selfie_reverification' ? reverification : documents;
}

/** Ends all timers of an attempt. */
export function endTimers(state: FunnelState): void {
  clearTimers(state, 'post', 'read', 'deadline', 'patience');
}
