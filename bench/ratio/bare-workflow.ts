/**
 * What a workflow that somebody writes for one evaluation does at least: an activity that POSTs it, the signal that the relay makes of
 * the webhook, an activity that GETs it.
 */
import {
  condition,
  defineSignal,
  getExternalWorkflowHandle,
  proxyActivities,
  setHandler,
  sleep,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';
import type { BareActivities } from './bare-activities.ts';

const { post, get, archive } = proxyActivities<BareActivities>({ startToCloseTimeout: '1 minute' });

export async function bare(evaluationId: string): Promise<string> {
  const { decision } = await evaluate(evaluationId);
  return decision;
}

/** The same, with the images in an archive, in a child workflow that deletes them later. */
export async function bareWithImages(evaluationId: string): Promise<string> {
  let isArchived = false;
  setHandler(imagesArchived, () => void (isArchived = true));
  const { decision, evalId } = await evaluate(evaluationId);
  // RiskOS has the images a moment later.
  await sleep(1);
  await startChild(bareImages, { args: [evalId], parentClosePolicy: 'ABANDON' });
  await condition(() => isArchived);
  return decision;
}

export async function bareImages(evalId: string): Promise<void> {
  await archive(evalId);
  const { parent } = workflowInfo();
  if (parent) await getExternalWorkflowHandle(parent.workflowId).signal(imagesArchived);
  await sleep('90 days');
}

const imagesArchived = defineSignal('imagesArchived');

async function evaluate(evaluationId: string): Promise<{ evalId: string; decision: string }> {
  let isCompleted = false;
  setHandler(defineSignal<[{ eventType: string }]>('riskosEvent'), ({ eventType }) => {
    isCompleted ||= eventType === 'evaluation_completed';
  });
  const evalId = await post(evaluationId);
  await condition(() => isCompleted);
  return { evalId, decision: await get(evalId) };
}
