import { Counter, Histogram, type Registry } from 'prom-client';
import { type RiskosClient, RiskosError, riskosProblems } from '../riskos/index.ts';

/** RiskOS calls as metrics: how many, how long they take, and how they end. */
export interface RiskosMetrics {
  /** The same client; each of its calls is counted. */
  observe(client: RiskosClient): RiskosClient;
}

const verbs = ['create', 'get', 'patch', 'documents'] as const;
type Verb = (typeof verbs)[number];

export function riskosMetrics(registry: Registry): RiskosMetrics {
  const registers = [registry];
  const calls = new Counter({
    name: 'candidate_funnel_riskos_requests_total',
    help: 'RiskOS calls by verb and result: "ok", or the type of the error',
    labelNames: ['verb', 'result'],
    registers,
  });
  const seconds = new Histogram({
    name: 'candidate_funnel_riskos_request_seconds',
    help: 'Seconds that RiskOS calls take, by verb; time in the queue of the rate limit does not count',
    labelNames: ['verb'],
    buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60],
    registers,
  });
  // Every series is there from the start, so that an alert on a rise sees the first one.
  for (const verb of verbs)
    for (const result of ['ok', ...Object.keys(riskosProblems)]) calls.inc({ verb, result }, 0);

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
