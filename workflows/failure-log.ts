import { ApplicationFailure, log, type WorkflowInterceptors } from '@temporalio/workflow';
import { listed } from '../src/contract/index.ts';

/**
 * Logs the type of a failure that ends a workflow. The SDK logs one too, but only its name and stack come through to the
 * worker's thread; the words of a failure are encrypted, and in no log.
 */
export function interceptors(): WorkflowInterceptors {
  return {
    inbound: [
      {
        execute: async (input, next) => {
          try {
            return await next(input);
          } catch (error) {
            if (error instanceof ApplicationFailure) {
              log.warn('the workflow fails', listed({ type: error.type, error: { type: error.type } }));
            }
            throw error;
          }
        },
      },
    ],
  };
}
