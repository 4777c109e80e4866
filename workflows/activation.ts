import { workflowInfo } from '@temporalio/workflow';
import type { FunnelState } from '../src/contract/index.ts';

/** Marks this activation as recorded in history; only a recorded activation may continue as new. */
export function recordActivation(state: FunnelState): void {
  state.recordedAt = workflowInfo().historyLength;
}

/**
 * False in an activation that leaves no trace in history, such as a refused update: a run that continued as new there could not
 * be replayed.
 */
export function mayContinueAsNew(state: FunnelState): boolean {
  const { continueAsNewSuggested, historyLength } = workflowInfo();
  return continueAsNewSuggested && state.recordedAt === historyLength;
}
