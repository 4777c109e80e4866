/** The task queue of the funnel's workflows. */
export const defaultTaskQueue = 'candidate-funnel';

/** RiskOS calls have their own queue, because it carries the fleet's rate limit. */
export function riskosTaskQueue(taskQueue: string): string {
  return `${taskQueue}-riskos`;
}

/** Images have their own queue, so that a slow ZIP does not delay a decision. */
export function imagesTaskQueue(taskQueue: string): string {
  return `${taskQueue}-images`;
}
