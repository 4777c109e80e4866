/**
 * What a workflow that somebody writes for one evaluation does at least: an activity that POSTs it, the signal that the relay makes of
 * the webhook, an activity that GETs it.
 */
import { condition, defineSignal, proxyActivities, setHandler } from '@temporalio/workflow';
import type { BareActivities } from './bare-activities.ts';

const { post, get } = proxyActivities<BareActivities>({ startToCloseTimeout: '1 minute' });

export async function bare(evaluationId: string): Promise<string> {
  let isCompleted = false;
  setHandler(defineSignal<[{ eventType: string }]>('riskosEvent'), ({ eventType }) => {
    isCompleted ||= eventType === 'evaluation_completed';
  });
  const evalId = await post(evaluationId);
  await condition(() => isCompleted);
  return get(evalId);
}
