import { CancellationScope, makeContinueAsNewFunc, workflowInfo } from '@temporalio/workflow';
import { type ImagesStatus, memoOf, publishedImages } from '../src/contract/index.ts';
import { handlersFinished } from './handlers-finished.ts';
import { fetchImages } from './retention/fetch.ts';
import { keep, remove, waitForRetry } from './retention/keep.ts';
import { deliverNotices, handOverNotices, publish } from './retention/report.ts';
import {
  isContinued,
  newRetention,
  note,
  type Position,
  type Retention,
  type RetentionState,
  statusOf,
} from './retention/state.ts';
import { registerHandlers } from './retention/updates.ts';

/**
 * Archives the images of one evaluation, keeps them as long as policy says, and deletes them. Outlives the funnel;
 * docs/images.md has its states and messages. `carried` is the state that an earlier run passed on.
 */
export async function imageRetention(retention: Retention, carried?: RetentionState): Promise<ImagesStatus> {
  const state = isContinued() && carried ? { ...carried, published: '' } : newRetention(retention);
  registerHandlers(state);
  noteCancellation(state);
  return CancellationScope.nonCancellable(async () => {
    deliverNotices(state);
    for (;;) {
      publish(state);
      if (state.position.state === 'ended') break;
      await step(state, state.position);
      if (workflowInfo().continueAsNewSuggested) await goOn(state);
    }
    await handOverNotices(state);
    await handlersFinished();
    return statusOf(state);
  });
}

function step(state: RetentionState, position: Exclude<Position, { state: 'ended' }>): Promise<void> {
  switch (position.state) {
    case 'fetching':
      return fetchImages(state, position);
    case 'stopped':
      return waitForRetry(state, position);
    case 'kept':
      return keep(state, position);
    case 'deleting':
      return remove(state, position);
  }
}

/** The promise to delete outlives a cancellation in Temporal: only `erase` ends it early. */
function noteCancellation(state: RetentionState): void {
  void CancellationScope.current().cancelRequested.catch(() =>
    note(
      state,
      'images',
      'cancellation in Temporal ignored: the workflow goes on; send `erase` to delete the images',
    ),
  );
}

/** Reached only in an activation that history records: every step ends with a timer, a call or an accepted update. */
async function goOn(state: RetentionState): Promise<void> {
  await handlersFinished();
  if (state.position.state === 'ended') return;
  const again = makeContinueAsNewFunc<typeof imageRetention>({
    memo: memoOf(publishedImages(statusOf(state))),
  });
  await again(state.retention, state);
}
