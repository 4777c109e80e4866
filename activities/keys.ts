import { activityInfo } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { applicationIdOf, isKeyForgotten } from '../src/contract/index.ts';

/** Creates the data key of an application unless it exists. */
export interface KeyMaker {
  create(applicationId: string): Promise<unknown>;
}

export interface KeyActivities {
  /**
   * Creates the data key of the workflow's application, for a funnel whose client did not create it. Idempotent; does nothing
   * without encryption. Takes no argument, because an argument could not be encrypted yet. Fails with `Forgotten`, not retried,
   * if the application was forgotten.
   */
  ensureKey(): Promise<void>;
}

export function createKeyActivities(keys: KeyMaker | undefined): KeyActivities {
  return {
    ensureKey: async () => {
      const applicationId = applicationIdOf(activityInfo().workflowExecution?.workflowId ?? '');
      if (applicationId === undefined) return;
      try {
        await keys?.create(applicationId);
      } catch (error) {
        throw isKeyForgotten(error)
          ? ApplicationFailure.nonRetryable(`${applicationId} was forgotten`, 'Forgotten')
          : error;
      }
    },
  };
}
