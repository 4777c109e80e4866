import { Counter, type Registry } from 'prom-client';
import { type SeenAnswer, stepsOf } from '../riskos/index.ts';

/** Counts the steps of RiskOS's workflows: those that ran, failed, came from a cache, or needed more than one try. */
export interface EnrichmentMetrics {
  count: (answer: SeenAnswer) => void;
  register: (registry: Registry) => void;
}

export function enrichmentMetrics(): EnrichmentMetrics {
  const counter = new Counter({
    name: 'riskos_enrichments_total',
    help: 'Steps of completed RiskOS evaluations at each reading, by step and result: ok, failed, cached or retried',
    labelNames: ['step', 'result'],
    registers: [],
  });
  const attempts = new Counter({
    name: 'riskos_enrichment_attempts_total',
    help: 'Tries that RiskOS needed for the steps of completed evaluations at each reading, by step',
    labelNames: ['step'],
    registers: [],
  });
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
