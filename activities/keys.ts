import { activityInfo } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { applicationIdOf, isKeyForgotten } from '../src/contract/index.ts';

/** Creates the data key of an application unless it exists. */
export interface KeyMaker {
  create(applicationId: string): Promise<unknown>;
}

export interface KeyActivities {
  /**
   * The data key of the workflow's application, whose funnel was started by a program that made none. Idempotent; does
   * nothing where nothing is encrypted. It takes no argument, which could not be encrypted yet. Fails with `Forgotten`, not
   * retried, where the application was forgotten.
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
