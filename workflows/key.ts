import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  proxyActivities,
  workflowInfo,
} from '@temporalio/workflow';
import type { KeyActivities } from '../activities/keys.ts';
import { activityBounds, memoFields } from '../src/contract/index.ts';

const { ensureKey } = proxyActivities<KeyActivities>({
  startToCloseTimeout: activityBounds.key,
  retry: { initialInterval: '1s', maximumInterval: '1 minute' },
});

/** Whether the application has its data key, without which nothing can be encrypted. */
export interface Key {
  there: boolean;
}

/**
 * An encrypting client creates the key before it starts a funnel, and the private field of the memo shows that. Other clients
 * create no key and set no private field.
 */
export function keyOfRun(): Key {
  const { memo, continuedFromExecutionRunId } = workflowInfo();
  return { there: continuedFromExecutionRunId !== undefined || memo?.[memoFields.private] !== undefined };
}

/**
 * Lets a worker create the key. The completed activity is in history, so a replay creates no second key. Fails the workflow with
 * `Forgotten` if the application was forgotten.
 */
export async function makeKey(key: Key): Promise<void> {
  try {
    await CancellationScope.nonCancellable(() => ensureKey());
  } catch (error) {
    const cause = error instanceof ActivityFailure ? error.cause : undefined;
    throw cause instanceof ApplicationFailure ? cause : error;
  }
  key.there = true;
}
