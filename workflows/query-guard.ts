import { ApplicationFailure, type WorkflowInterceptors } from '@temporalio/workflow';
import { aboutToMove } from '../src/contract/index.ts';

/**
 * Refuses to answer a query before the workflow task whose events it came with. The SDK (1.24.0) would handle those events
 * for the query's sake, at an older time and apart from others that a replay handles together with them, and go on from
 * there: a history that does not replay. Refused, the query fails, the workflow is evicted from the worker's cache, and the
 * next task replays it as it should be. Such events are told by their time, which is still the task's before.
 */
export function interceptors(): WorkflowInterceptors {
  let last = { length: 0, time: '' };
  return {
    internals: [
      {
        activate: (input, next) => {
          const { historyLength, timestamp, jobs } = input.activation;
          if (jobs?.every((job) => job.queryWorkflow)) return next(input);
          const { seconds, nanos } = timestamp ?? {};
          const here = { length: Number(historyLength), time: `${String(seconds)}.${String(nanos)}` };
          if (here.time === last.time && here.length > last.length) {
            throw ApplicationFailure.retryable(aboutToMove, 'AboutToMove');
          }
          last = here;
          return next(input);
        },
      },
    ],
  };
}
