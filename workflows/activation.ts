import { workflowInfo } from '@temporalio/workflow';
import type { FunnelState } from '../src/contract/index.ts';

/** Notes that history shows the current activation: called by whatever wakes the funnel and is recorded. */
export function recordActivation(state: FunnelState): void {
  state.recordedAt = workflowInfo().historyLength;
}

/**
 * A workflow task with nothing but a refused update leaves no trace in history. A run that continued as new in it could not be
 * replayed, so the suggestion is believed only in an activation that is recorded.
 */
export function mayContinueAsNew(state: FunnelState): boolean {
  const { continueAsNewSuggested, historyLength } = workflowInfo();
  return continueAsNewSuggested && state.recordedAt === historyLength;
}
