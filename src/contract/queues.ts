/** The task queue of the funnel's workflows. */
export const defaultTaskQueue = 'candidate-funnel';

/** The RiskOS calls: a queue of their own carries the fleet's rate limit. */
export function riskosTaskQueue(taskQueue: string): string {
  return `${taskQueue}-riskos`;
}

/** The images: apart, so that a slow ZIP holds up no decision. */
export function imagesTaskQueue(taskQueue: string): string {
  return `${taskQueue}-images`;
}
