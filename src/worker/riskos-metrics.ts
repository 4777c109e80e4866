import type { Registry } from 'prom-client';
import { processMetrics } from '../contract/index.ts';
import { counterOf, histogramOf } from '../instruments.ts';
import { type RiskosClient, RiskosError, riskosProblems } from '../riskos/index.ts';

/** RiskOS calls as metrics: how many, how long they take, and how they end. */
export interface RiskosMetrics {
  /** The same client; each of its calls is counted. */
  observe(client: RiskosClient): RiskosClient;
}

const verbs = ['create', 'get', 'patch', 'documents'] as const;
type Verb = (typeof verbs)[number];

const buckets = [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60];

export function riskosMetrics(registry: Registry): RiskosMetrics {
  const results = ['ok', ...Object.keys(riskosProblems), 'Unexpected'];
  const series = verbs.flatMap((verb) => results.map((result) => ({ verb, result })));
  const calls = counterOf(processMetrics.riskosRequests, registry, series);
  const seconds = histogramOf(processMetrics.riskosSeconds, registry, buckets);

  const timed = async <Result>(verb: Verb, call: () => Promise<Result>): Promise<Result> => {
    const end = seconds.startTimer({ verb });
    try {
      const result = await call();
      calls.inc({ verb, result: 'ok' });
      return result;
    } catch (error) {
      calls.inc({ verb, result: error instanceof RiskosError ? error.type : 'Unexpected' });
      throw error;
    } finally {
      end();
    }
  };
  return {
    observe: (client) => ({
      create: (request, how) => timed('create', () => client.create(request, how)),
      get: (evalId, how) => timed('get', () => client.get(evalId, how)),
      patch: (evalId, patch, how) => timed('patch', () => client.patch(evalId, patch, how)),
      documents: (evalId, how) => timed('documents', () => client.documents(evalId, how)),
      close: () => client.close(),
    }),
  };
}
