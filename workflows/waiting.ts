import {
  CancellationScope,
  CancelledFailure,
  condition,
  makeContinueAsNewFunc,
  workflowInfo,
} from '@temporalio/workflow';
import type { FunnelState, Status } from '../src/contract/index.ts';
import { mayContinueAsNew } from './activation.ts';
import { handlersFinished } from './handlers-finished.ts';
import { archiveImages, imagesDue } from './images.ts';
import { isPublished, nextMemo, publish } from './publish.ts';

type Funnel = (application: { applicationId: string }, carried: FunnelState) => Promise<Status>;

/**
 * Waits for `ready`. The main loop waits only here: each wait publishes the status, starts archiving images that are due, and
 * continues as new when Temporal suggests it, so nothing that a wait depends on may live outside the state.
 */
export async function waitUntil(state: FunnelState, ready: () => boolean): Promise<void> {
  while (!ready()) {
    if (workflowInfo().continueAsNewSuggested) {
      await handlersFinished(ready);
      if (ready()) return;
      // A cancellation that came with the same task would be lost with this run.
      if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('cancelled');
      const again = makeContinueAsNewFunc<Funnel>({ memo: nextMemo(state) });
      await again({ applicationId: state.application.applicationId }, passedOn(state));
    }
    publish(state);
    await condition(() => ready() || mayContinueAsNew(state) || imagesDue(state) || !isPublished(state));
    if (imagesDue(state)) await archiveImages(state);
  }
}

function passedOn(state: FunnelState): FunnelState {
  const unchecked = [...state.lineage.unchecked, workflowInfo().runId].slice(-20);
  return { ...state, lineage: { ...state.lineage, unchecked }, memo: { status: '', private: '' } };
}
