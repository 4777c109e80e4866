import { ApplicationFailure, type WorkflowInterceptors } from '@temporalio/workflow';
import { aboutToMove } from '../src/contract/index.ts';

/**
 * Refuses to answer a query before the workflow task whose events it came with. The SDK (1.24.0) would handle those events
 * for the query's sake, at an older time and apart from others that a replay handles together with them, and go on from
 * there: a history that does not replay. Refused, the query fails, the workflow is evicted from the worker's cache, and the
 * next task replays it as it should be. Such events are recognized by their time, which is still that of the previous task.
 */
export function interceptors(): WorkflowInterceptors {
  const comesTooEarly = createGuard();
  return {
    internals: [
      {
        activate: (input, next) => {
          const { historyLength, timestamp, jobs } = input.activation;
          const early = comesTooEarly({
            length: Number(historyLength),
            time: `${String(timestamp?.seconds)}.${String(timestamp?.nanos)}`,
            onlyQueries: jobs?.every((job) => job.queryWorkflow) ?? false,
          });
          if (early) throw ApplicationFailure.retryable(aboutToMove, 'AboutToMove');
          next(input);
        },
      },
    ],
  };
}

/** One activation: how many events the history has, and the time of the workflow task. */
interface Activation {
  length: number;
  time: string;
  onlyQueries: boolean;
}

/** Tells, of one activation of a workflow after the other, whether it is ahead of its task. */
export function createGuard(): (activation: Activation) => boolean {
  let last = { length: 0, time: '' };
  return ({ onlyQueries, ...here }) => {
    if (onlyQueries) return false;
    if (here.time === last.time && here.length > last.length) return true;
    last = here;
    return false;
  };
}
