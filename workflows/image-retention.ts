import {
  ActivityFailure,
  ApplicationFailure,
  getExternalWorkflowHandle,
  defineSignal,
  proxyActivities,
  setCurrentDetails,
  setHandler,
  sleep,
  workflowInfo,
} from '@temporalio/workflow';
import type { ImageActivities } from '../activities/images.ts';
import {
  type ImagesAsk,
  type ImagesRecord,
  imagesReport,
  imagesSignal,
  imagesTaskQueue,
} from '../src/contract/index.ts';
import { iso, now } from './clock.ts';
import { deliver } from './notice-delivery.ts';

export interface Retention {
  ask: ImagesAsk;
  /** Milliseconds from the archiving to the deletion. */
  keepFor: number;
}

const { archiveImages, deleteImages } = proxyActivities<ImageActivities>({
  startToCloseTimeout: '10m',
  heartbeatTimeout: '10s',
  retry: { initialInterval: '2s', maximumInterval: '10m' },
});

/** Archives the images of one evaluation, keeps them as long as policy says, and deletes them. Outlives the funnel. */
export async function imageRetention({ ask, keepFor }: Retention): Promise<ImagesRecord> {
  const { evaluationId, applicationId } = ask;
  let record: ImagesRecord | undefined;
  // A funnel that was reset asks again for a result that it has forgotten.
  setHandler(defineSignal(imagesReport), async () => {
    if (record) await report(record);
  });
  record = await archive(ask);
  await report(record);
  if (record.count === 0) return record;
  setCurrentDetails(`${record.count} images are kept until ${iso(now() + keepFor)}, then deleted.`);
  await sleep(keepFor, { summary: 'the images are deleted then' });
  const { hrIsTold } = await deleteImages.executeWithOptions(onImagesQueue(), [
    { applicationId, evaluationId },
  ]);
  setCurrentDetails(`${record.count} images were deleted.`);
  if (!hrIsTold) return record;
  await deliver({
    id: `${evaluationId}~images-deleted`,
    timestamp: iso(now()),
    type: 'images.deleted',
    data: { applicationId, evaluationId, count: record.count },
  });
  return record;
}

/** Images can lag completion by about ten seconds, so "none" is believed only at the third asking [doc]. */
const askings = 3;

/** A ZIP that the archive refuses is recorded as no images, and shown; it holds nobody up. */
async function archive(ask: ImagesAsk): Promise<ImagesRecord> {
  const { evaluationId } = ask;
  try {
    for (let asking = 1; ; asking += 1) {
      const found = await archiveImages.executeWithOptions(onImagesQueue(), [ask]);
      if (found.result !== 'none' || asking === askings) return { evaluationId, ...found };
      await sleep(ask.lag, { summary: 'RiskOS has no images yet; it is asked again then' });
    }
  } catch (error) {
    const { cause } = error instanceof ActivityFailure ? error : {};
    if (!(cause instanceof ApplicationFailure && cause.type === 'ImagesRefused')) throw error;
    setCurrentDetails(`The archive refused RiskOS's ZIP: ${cause.message}`);
    return { evaluationId, result: 'none', count: 0 };
  }
}

function onImagesQueue(): { taskQueue: string } {
  return { taskQueue: imagesTaskQueue(workflowInfo().taskQueue) };
}

async function report(record: ImagesRecord): Promise<void> {
  const funnel = workflowInfo().parent?.workflowId;
  if (funnel === undefined) return;
  try {
    await getExternalWorkflowHandle(funnel).signal(imagesSignal, record);
  } catch {
    // The funnel has closed; its record of these images stays as it was.
  }
}
