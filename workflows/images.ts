import { CancellationScope, startChild } from '@temporalio/workflow';
import { imagesRecord, inWords, milliseconds } from '../src/contract/index.ts';
import type { Settled } from './evaluation.ts';
import { imageRetention } from './image-retention.ts';
import { type EvaluatedStage, type Memory, note } from './memory.ts';
import { news } from './notices.ts';

/** Starts the archiving of a settled evaluation's images beside the funnel, if policy wants them. Never fails it. */
export async function archiveImages(memory: Memory, stage: EvaluatedStage, settled: Settled): Promise<void> {
  if (settled.kind === 'expired') return;
  const { verdict, evaluation } = settled;
  const { images: policy } = memory.application.policy;
  const captured =
    evaluation.referenceId !== undefined || (stage !== 'passive_check' && stage !== 'payroll_setup');
  if (!captured || !policy.archiveOn.some((wanted) => wanted === verdict)) return;
  const { evaluationId } = evaluation;
  if (memory.images.some((known) => known.evaluationId === evaluationId)) return;
  memory.images = [...memory.images.slice(-99), { evaluationId, result: 'pending', count: 0 }];
  try {
    await CancellationScope.nonCancellable(() =>
      startChild(imageRetention, {
        workflowId: `images-${evaluationId}`,
        parentClosePolicy: 'ABANDON',
        staticSummary: `Images of ${inWords(stage)}`,
        args: [
          {
            ask: {
              applicationId: memory.application.applicationId,
              evaluationId,
              evalId: evaluation.evalId,
              documentType: evaluation.documentType ?? null,
              reasonCodes: evaluation.reasonCodes,
              lag: milliseconds(policy.lag),
            },
            keepFor: milliseconds(policy.keepFor),
          },
        ],
      }),
    );
  } catch {
    settleImages(memory, { evaluationId, result: 'none', count: 0 });
    note(memory, 'the archiving of images could not be started');
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
