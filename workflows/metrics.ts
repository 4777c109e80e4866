import { metricMeter } from '@temporalio/workflow';
import {
  type AttentionCause,
  type EvaluatedStage,
  type ImagesRecord,
  type Outcome,
  type Verdict,
  workflowMetrics,
} from '../src/contract/index.ts';

/** What made the funnel read an evaluation that had completed. */
export type FoundBy = 'event' | 'poll' | 'post' | 'request';

export function countVerdict(stage: EvaluatedStage, verdict: Verdict, seconds: number): void {
  counter(workflowMetrics.verdicts.name, { stage, verdict });
  const { name, help } = workflowMetrics.decisionSeconds;
  metricMeter.createHistogram(name, 'float', undefined, help).record(Math.max(0, seconds), { stage });
}

export function countFound(stage: EvaluatedStage, by: FoundBy): void {
  counter(workflowMetrics.decisionsFound.name, { stage, by });
}

export function countAttention(cause: AttentionCause['kind']): void {
  counter(workflowMetrics.attention.name, { cause });
}

export function countClosed(outcome: Outcome): void {
  counter(workflowMetrics.closed.name, { outcome });
}

export function countImages({ result, reason }: ImagesRecord): void {
  counter(workflowMetrics.images.name, { result, reason: reason ?? 'none' });
}

function counter(name: string, labels: Record<string, string>): void {
  metricMeter.createCounter(name).add(1, labels);
}
