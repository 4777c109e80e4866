import { ApplicationFailure, log, type WorkflowInterceptors } from '@temporalio/workflow';
import { listed } from '../src/contract/index.ts';

/**
 * Logs the type of a failure that ends a workflow. The SDK logs the failure too, but only with its name and stack; its message
 * is encrypted, and in no log.
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
