import {
  CancellationScope,
  condition,
  getExternalWorkflowHandle,
  setCurrentDetails,
  startChild,
  upsertMemo,
  uuid4,
} from '@temporalio/workflow';
import {
  imagesInWords,
  imagesSignal,
  type ImagesStatus,
  inWords,
  memoOf,
  publishedImages,
  workflowIdOf,
} from '../../src/contract/index.ts';
import { iso, now } from '../clock.ts';
import { countImages } from '../metrics.ts';
import { deliver, failureInWords, noticeDelivery } from '../notice-delivery.ts';
import { note, type RetentionState, statusOf } from './state.ts';

/** Publishes the status when it has changed: as the memo, and as the UI's current details. */
export function publish(state: RetentionState): void {
  const status = statusOf(state);
  const text = JSON.stringify(status);
  if (text === state.published) return;
  state.published = text;
  upsertMemo(memoOf(publishedImages(status)));
  setCurrentDetails(details(status));
}

/** A new result: published, noted, sent to HR and signalled to the funnel. */
export async function reportResult(state: RetentionState): Promise<void> {
  countImages(state.record);
  note(state, 'images', imagesInWords(state.record));
  publish(state);
  notify(state);
  await signalFunnel(state);
}

/** Signals the result to the funnel, if there is one to signal. */
export async function signalFunnel({ retention, record }: RetentionState): Promise<void> {
  if (record.result === 'pending') return;
  try {
    await getExternalWorkflowHandle(workflowIdOf(retention.ask.applicationId)).signal(imagesSignal, record);
  } catch {
    // The funnel has closed; this workflow's status and notice show the result.
  }
}

/** Unsent notices that are kept; a receiver that is away for longer misses the oldest. */
const keptNotices = 50;

/** Sends the status as it is now to HR. */
export function notify(state: RetentionState): void {
  const { unsent, wanted } = state.notices;
  if (wanted === false) return;
  const { evaluationId } = state.record;
  unsent.push({
    // Random, and different after a reset of the workflow, so that no id is ever used for two contents.
    id: `${evaluationId}~images~${uuid4()}`,
    timestamp: iso(now()),
    type: 'images.changed',
    data: statusOf(state),
  });
  if (unsent.length > keptNotices) unsent.shift();
}

/** Sends the notices one after the other, beside the story, which never waits for them. */
export function deliverNotices(state: RetentionState): void {
  const { notices } = state;
  void CancellationScope.nonCancellable(async () => {
    for (;;) {
      await condition(() => notices.unsent.length > 0);
      const [first] = notices.unsent;
      if (!first) continue;
      const failure = notices.wanted === false ? undefined : await deliver(first);
      if (failure) note(state, 'notice', failureInWords(failure));
      // After a continue-as-new in the meantime, the next run sends the notice again, under the same id.
      notices.unsent = notices.unsent.filter(({ id }) => id !== first.id);
    }
  });
}

/** Notices left unsent at the end are sent by a workflow that outlives this one. */
export async function handOverNotices({ notices, record }: RetentionState): Promise<void> {
  const isEmpty = () => notices.unsent.length === 0;
  if (isEmpty() || (await condition(isEmpty, '5s'))) return;
  await startChild(noticeDelivery, {
    workflowId: `notices-images-${record.evaluationId}-${uuid4().slice(0, 8)}`,
    parentClosePolicy: 'ABANDON',
    staticSummary: `Undelivered notices of the images of ${record.evaluationId}`,
    args: [notices.unsent],
  });
}

/** A few lines of Markdown for the Temporal UI. */
function details(status: ImagesStatus): string {
  const { state, result, count, reason, keepUntil, hold, action, trouble } = status;
  return [
    `**${state}**: ${inWords(result)}${count > 0 ? ` (${count} images)` : ''}${reason ? `, ${inWords(reason)}` : ''}`,
    hold ? `Held since ${hold.since} by ${hold.by}: ${hold.reason}` : '',
    keepUntil && !hold ? `Kept until ${keepUntil}, then deleted.` : '',
    trouble ? `Trouble since ${trouble.since}: ${inWords(trouble.reason)}.` : '',
    action ? `What to do: ${action}.` : '',
  ]
    .filter(Boolean)
    .join('\n\n');
}
