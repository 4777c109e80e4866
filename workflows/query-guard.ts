import { ApplicationFailure, type WorkflowInterceptors } from '@temporalio/workflow';
import { aboutToMove } from '../src/contract/index.ts';

/**
 * Refuses a query that brings events before their workflow task. The SDK (1.24.0) would apply the events early, at the time of
 * the previous task and apart from events of the same task, which breaks replay. After the refusal the worker evicts the
 * workflow from its cache, and the next task replays it correctly. Such a query is recognized by its time, which is still that
 * of the previous task.
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

/** Returns a function that says, for each activation, whether a query brought events before their workflow task. */
export function createGuard(): (activation: Activation) => boolean {
  let last = { length: 0, time: '' };
  return ({ onlyQueries, ...here }) => {
    if (onlyQueries) return false;
    if (here.time === last.time && here.length > last.length) return true;
    last = here;
    return false;
  };
}
