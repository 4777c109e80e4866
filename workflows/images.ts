import { CancellationScope, getExternalWorkflowHandle, startChild } from '@temporalio/workflow';
import {
  type Decidable,
  type EvaluatedStage,
  type FunnelState,
  type ImagesAsk,
  type ImagesRecord,
  imagesInWords,
  imagesRecord,
  imagesReport,
  imagesWorkflowIdOf,
  inWords,
  keptFor,
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

/** Images of a settled evaluation that policy wants in the archive; RiskOS may have them a moment later. */
export function wantImages(
  state: FunnelState,
  stage: EvaluatedStage,
  { verdict, attempt }: { verdict: Verdict; attempt: Decidable },
): void {
  const { latest: evaluation, evaluationId } = attempt;
  const { images: policy } = state.application.policy;
  // A passive check can capture documents in a step of its own.
  const captured =
    evaluation.documentResult !== undefined || (stage !== 'passive_check' && stage !== 'payroll_setup');
  const wanted = policy.archiveOn.find((one) => one === verdict);
  if (!captured || wanted === undefined) return;
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
      keepFor: keptFor(policy.keepFor, wanted),
    },
  });
  if (!state.timers.images) setTimer(state, 'images', now() + milliseconds(policy.lag));
}

export function imagesDue(state: FunnelState): boolean {
  return hasFired(state, 'images');
}

/** Starts archiving the wanted images beside the funnel, which goes on even if a start fails. */
export async function archiveImages(state: FunnelState): Promise<void> {
  clearTimers(state, 'images');
  for (let wanted = state.toArchive.shift(); wanted; wanted = state.toArchive.shift()) {
    const { stage, ask } = wanted;
    await CancellationScope.nonCancellable(() => startArchiving(state, stage, ask));
  }
}

async function startArchiving(state: FunnelState, stage: EvaluatedStage, ask: ImagesAsk): Promise<void> {
  const workflowId = imagesWorkflowIdOf(ask.evaluationId);
  const { images: policy } = state.application.policy;
  try {
    await startChild(imageRetention, {
      workflowId,
      parentClosePolicy: 'ABANDON',
      staticSummary: `Images of ${inWords(stage)}`,
      args: [
        {
          ask,
          keepFor: ask.keepFor ?? keptFor(policy.keepFor, 'accept'),
          giveUpAfter: milliseconds(policy.giveUpAfter),
        },
      ],
    });
  } catch (error) {
    if (error instanceof Error && error.name === 'WorkflowExecutionAlreadyStartedError') {
      // After a reset of the funnel the retention workflow runs already, and is asked for its result.
      await getExternalWorkflowHandle(workflowId)
        .signal(imagesReport)
        .catch(() => undefined);
      return;
    }
    // The funnel reports this itself, because the retention workflow that sends the notices of images does not exist.
    const { evaluationId } = ask;
    const record = { evaluationId, result: 'failed', count: 0, reason: 'not_started' } as const;
    replace(state, record);
    announce(state, 'images');
    state.notices.images.push(record);
  }
}

/** Records what the retention workflow reports, which has sent HR a notice of its own. */
export function onImages(state: FunnelState, payload: unknown): void {
  recordActivation(state);
  const { data: images } = imagesRecord.safeParse(payload);
  if (images) replace(state, images);
}

function replace(state: FunnelState, record: ImagesRecord): void {
  const { evaluationId } = record;
  const known = state.images.find((one) => one.evaluationId === evaluationId);
  // A repeated signal, as after a reset, changes nothing.
  if (!known || isDeepEqual(known, record)) return;
  state.images = state.images.map((one) => (one === known ? record : one));
  note(state, 'images', imagesInWords(record), { evaluationId });
}

function isDeepEqual(one: ImagesRecord, other: ImagesRecord): boolean {
  return JSON.stringify(imagesRecord.parse(one)) === JSON.stringify(imagesRecord.parse(other));
}

export function imagesPending(state: FunnelState): boolean {
  return state.images.some(({ result }) => result === 'pending');
}
