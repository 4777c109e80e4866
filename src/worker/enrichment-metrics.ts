import type { Registry } from 'prom-client';
import { processMetrics } from '../contract/index.ts';
import { counterOf } from '../instruments.ts';
import { type SeenAnswer, stepsOf } from '../riskos/index.ts';

/** Counts the steps of RiskOS's workflows: those that ran, failed, came from a cache, or needed more than one attempt. */
export interface EnrichmentMetrics {
  count: (answer: SeenAnswer) => void;
  register: (registry: Registry) => void;
}

export function enrichmentMetrics(): EnrichmentMetrics {
  const counter = counterOf(processMetrics.enrichments);
  const attempts = counterOf(processMetrics.enrichmentAttempts);
  return {
    count: (answer) => {
      for (const one of stepsOf(answer)) {
        const { step } = one;
        const results = [
          one.failed ? 'failed' : 'ok',
          ...(one.cached ? ['cached'] : []),
          ...(one.attempts > 1 ? ['retried'] : []),
        ];
        for (const result of results) counter.inc({ step, result });
        attempts.inc({ step }, one.attempts);
      }
    },
    register: (registry) => {
      registry.registerMetric(counter);
      registry.registerMetric(attempts);
    },
  };
}
