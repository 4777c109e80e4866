import { CancellationScope, getExternalWorkflowHandle, startChild } from '@temporalio/workflow';
import {
  type Decidable,
  type EvaluatedStage,
  type FunnelState,
  type ImagesAsk,
  imagesRecord,
  imagesReport,
  inWords,
  milliseconds,
  type Verdict,
} from '../src/contract/index.ts';
import { recordActivation } from './activation.ts';
import { now } from './clock.ts';
import { imageRetention } from './image-retention.ts';
import { announce } from './notices.ts';
import { note } from './timeline.ts';
import { clearTimers, hasFired, setTimer } from './timers.ts';

const keptRecords = 100;

/** Images of a settled evaluation that policy wants in the archive; RiskOS has them a moment later. */
export function wantImages(
  state: FunnelState,
  stage: EvaluatedStage,
  { verdict, attempt }: { verdict: Verdict; attempt: Decidable },
): void {
  const { latest: evaluation, evaluationId } = attempt;
  const { images: policy } = state.application.policy;
  const captured =
    evaluation.referenceId !== undefined || (stage !== 'passive_check' && stage !== 'payroll_setup');
  if (!captured || !policy.archiveOn.some((wanted) => wanted === verdict)) return;
  if (state.images.some((known) => known.evaluationId === evaluationId)) return;
  state.images = [...state.images, { evaluationId, result: 'pending' as const, count: 0 }].slice(
    -keptRecords,
  );
  state.toArchive.push({
    stage,
    ask: {
      applicationId: state.application.applicationId,
      evaluationId,
      evalId: evaluation.evalId,
      documentType: evaluation.documentType ?? null,
      reasonCodes: evaluation.reasonCodes,
      lag: milliseconds(policy.lag),
    },
  });
  if (!state.timers.images) setTimer(state, 'images', now() + milliseconds(policy.lag));
}

export function imagesDue(state: FunnelState): boolean {
  return hasFired(state, 'images');
}

/** Starts the archiving of wanted images beside the funnel. Never fails it. */
export async function archiveImages(state: FunnelState): Promise<void> {
  clearTimers(state, 'images');
  for (let wanted = state.toArchive.shift(); wanted; wanted = state.toArchive.shift()) {
    const { stage, ask } = wanted;
    await CancellationScope.nonCancellable(() => startArchiving(state, stage, ask));
  }
}

async function startArchiving(state: FunnelState, stage: EvaluatedStage, ask: ImagesAsk): Promise<void> {
  const workflowId = `images-${ask.evaluationId}`;
  try {
    await startChild(imageRetention, {
      workflowId,
      parentClosePolicy: 'ABANDON',
      staticSummary: `Images of ${inWords(stage)}`,
      args: [{ ask, keepFor: milliseconds(state.application.policy.images.keepFor) }],
    });
  } catch (error) {
    if (error instanceof Error && error.name === 'WorkflowExecutionAlreadyStartedError') {
      // A funnel that was reset starts what runs already, and asks it for the result.
      await getExternalWorkflowHandle(workflowId)
        .signal(imagesReport)
        .catch(() => undefined);
      return;
    }
    note(state, 'images', 'the archiving of images could not be started');
  }
}

/** Records the result that the retention workflow reports. */
export function onImages(state: FunnelState, payload: unknown): void {
  recordActivation(state);
  const { data: images } = imagesRecord.safeParse(payload);
  const known = state.images.find(({ evaluationId }) => evaluationId === images?.evaluationId);
  if (!images || known?.result !== 'pending') return;
  known.result = images.result;
  known.count = images.count;
  announce(state, 'images');
  state.notices.images.push({ ...known });
  note(state, 'images', `images: ${images.result}${images.count > 0 ? ` (${images.count})` : ''}`);
}

export function imagesPending(state: FunnelState): boolean {
  return state.images.some(({ result }) => result === 'pending');
}
