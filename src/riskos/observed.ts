import type { FailedStep } from '../contract/index.ts';
import type { CallOptions, RiskosClient, SeenAnswer } from './client.ts';
import { enrichment, hasFailed, stepOf } from './enrichments.ts';
import { isRecord } from './json.ts';

/** How one step of RiskOS's workflow went. */
export interface StepExecution {
  step: FailedStep | 'image_request';
  failed: boolean;
  /** The data came from a cache instead of a live call [doc]. */
  cached: boolean;
  /** How often RiskOS tried to get the data [doc]. */
  attempts: number;
}

/** The same client; each answer is shown to `onAnswer` too, before the caller's own `onAnswer`. */
export function observed(client: RiskosClient, onAnswer: (answer: SeenAnswer) => void): RiskosClient {
  const watch = (how?: CallOptions): CallOptions => ({
    ...how,
    onAnswer: (answer) => {
      onAnswer(answer);
      how?.onAnswer?.(answer);
    },
  });
  return {
    create: (request, how) => client.create(request, watch(how)),
    get: (evalId, how) => client.get(evalId, watch(how)),
    patch: (evalId, patch, how) => client.patch(evalId, patch, watch(how)),
    documents: (evalId, how) => client.documents(evalId, watch(how)),
    close: () => client.close(),
  };
}

/** Enough for any workflow; an answer may hold anything. */
const most = 100;

/** The steps of a completed evaluation; none of any other answer, so that a paused one is not counted at each reading. */
export function stepsOf({ body }: SeenAnswer): StepExecution[] {
  if (!isRecord(body)) return [];
  const states = [body['eval_status'], body['evaluation_status']];
  const enrichments = body['data_enrichments'];
  if (!states.includes('evaluation_completed') || !Array.isArray(enrichments)) return [];
  return enrichments.slice(0, most).flatMap((one: unknown) => {
    const read = enrichment.safeParse(one);
    if (!read.success) return [];
    const attempts = read.data.total_attempts;
    return [
      {
        step: stepOf(read.data),
        failed: hasFailed(read.data),
        cached: read.data.is_source_cache === true,
        attempts: typeof attempts === 'number' ? Math.min(Math.max(Math.trunc(attempts), 0), 1000) : 1,
      },
    ];
  });
}
