import { CancellationScope, startChild } from '@temporalio/workflow';
import { imagesRecord, inWords, milliseconds } from '../src/contract/index.ts';
import { clearAlarms, hasRung, setAlarm } from './alarms.ts';
import { now } from './clock.ts';
import type { Decided } from './evaluation.ts';
import { imageRetention } from './image-retention.ts';
import { type EvaluatedStage, type Memory, note } from './memory.ts';
import { news } from './notices.ts';

/** Images of a settled evaluation that policy wants in the archive; RiskOS has them a moment later. */
export function wantImages(memory: Memory, stage: EvaluatedStage, settled: Decided): void {
  const { verdict, evaluation } = settled;
  const { images: policy } = memory.application.policy;
  const captured =
    evaluation.referenceId !== undefined || (stage !== 'passive_check' && stage !== 'payroll_setup');
  if (!captured || !policy.archiveOn.some((wanted) => wanted === verdict)) return;
  const { evaluationId } = evaluation;
  if (memory.images.some((known) => known.evaluationId === evaluationId)) return;
  memory.images = [...memory.images.slice(-99), { evaluationId, result: 'pending', count: 0 }];
  memory.toArchive.push({
    stage,
    ask: {
      applicationId: memory.application.applicationId,
      evaluationId,
      evalId: evaluation.evalId,
      documentType: evaluation.documentType ?? null,
      reasonCodes: evaluation.reasonCodes,
      lag: milliseconds(policy.lag),
    },
  });
  if (!memory.alarms.images) setAlarm(memory, 'images', now() + milliseconds(policy.lag));
}

export function imagesDue(memory: Memory): boolean {
  return hasRung(memory, 'images');
}

/** Starts the archiving of wanted images beside the funnel. Never fails it. */
export async function archiveImages(memory: Memory): Promise<void> {
  clearAlarms(memory, 'images');
  for (let wanted = memory.toArchive.shift(); wanted; wanted = memory.toArchive.shift()) {
    const { stage, ask } = wanted;
    try {
      await CancellationScope.nonCancellable(() =>
        startChild(imageRetention, {
          workflowId: `images-${ask.evaluationId}`,
          parentClosePolicy: 'ABANDON',
          staticSummary: `Images of ${inWords(stage)}`,
          args: [{ ask, keepFor: milliseconds(memory.application.policy.images.keepFor) }],
        }),
      );
    } catch {
      settleImages(memory, { evaluationId: ask.evaluationId, result: 'none', count: 0 });
      note(memory, 'the archiving of images could not be started');
    }
  }
}

/** The retention workflow tells what became of the images. */
export function settleImages(memory: Memory, payload: unknown): void {
  const { data: images } = imagesRecord.safeParse(payload);
  const known = memory.images.find(({ evaluationId }) => evaluationId === images?.evaluationId);
  if (!images || known?.result !== 'pending') return;
  known.result = images.result;
  known.count = images.count;
  news(memory, 'images');
  memory.notices.images.push({ ...known });
  note(memory, `images: ${images.result}${images.count > 0 ? ` (${images.count})` : ''}`);
}

export function imagesPending(memory: Memory): boolean {
  return memory.images.some(({ result }) => result === 'pending');
}
