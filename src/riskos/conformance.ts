import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { type CallOptions, headersOf } from './client.ts';
import { errorOfAnswer } from './failures.ts';
import { exchange } from './http.ts';
import { isRecord, parseJson } from './json.ts';
import { checkedSettings, type RiskosClientOptions } from './settings.ts';

const text = z.string().nullish();
const texts = z.array(z.string()).nullish();

/** The fields of an answer that are documented, as strictly as they are documented: the client takes much less. */
const documented = z.looseObject({
  id: z.string(),
  eval_id: z.string(),
  eval_status: text,
  evaluation_status: text,
  workflow: text,
  decision: text,
  decision_at: z.iso.datetime({ offset: true }).nullish(),
  status: text,
  sub_status: text,
  tags: texts,
  reason_codes: texts,
  review_queues: texts,
  score: z.number().nullish(),
  notes: text,
  workflow_version: text,
  eval_source: text,
  environment_name: text,
  redirect_uri: text,
  data_enrichments: z
    .array(
      z.looseObject({
        enrichment_name: text,
        enrichment_provider: text,
        status_code: z.int().nullish(),
        is_source_cache: z.boolean().nullish(),
        total_attempts: z.int().nullish(),
        response: z.looseObject({ referenceId: text }).nullish(),
      }),
    )
    .nullish(),
});

/** The documented fields of an answer that have another type than is documented; never a value. */
export function undocumentedFields(body: unknown): string[] {
  const parsed = documented.safeParse(body);
  if (parsed.success) return [];
  return [
    ...new Set(parsed.error.issues.map(({ path }) => path.map(String).join('.') || 'the whole answer')),
  ];
}

/** Which environment an answer comes from; `undefined` when it does not say one of the documented words. */
export function environmentOf(body: unknown): 'Sandbox' | 'Production' | undefined {
  const name = isRecord(body) ? body['environment_name'] : undefined;
  if (typeof name !== 'string') return undefined;
  return (['Sandbox', 'Production'] as const).find(
    (known) => known.toLowerCase() === name.trim().toLowerCase(),
  );
}

/**
 * A passive POST without a person, which the client itself would not send. RiskOS should refuse it; without a telephone
 * number it cannot send an SMS. Resolves if RiskOS accepts it, else rejects with `RiskosError`.
 */
export async function sendIncomplete(options: RiskosClientOptions, how: CallOptions = {}): Promise<void> {
  const settings = checkedSettings(options);
  const { origin, timeouts, limits, now, workflow } = settings;
  const evaluationId = `incomplete-${randomUUID()}`;
  const body = {
    id: evaluationId,
    timestamp: now().toISOString(),
    workflow,
    data: {
      event_type: settings.eventTypes.passive,
      event_category: 'workforce_verification',
      individual: {},
    },
  };
  const dispatcher = settings.dispatcher(origin, { connections: 1, connectTimeout: timeouts.connect });
  try {
    const answer = await exchange(dispatcher, {
      origin,
      method: 'POST',
      path: '/api/evaluation',
      headers: headersOf({ body }, settings),
      body: JSON.stringify(body),
      limit: limits.json,
      total: timeouts.total,
      signal: how.signal,
    });
    how.onAnswer?.({ status: answer.status, body: parseJson(answer.body) });
    if (answer.status >= 300) {
      const sent = { kind: 'create', evaluationId } as const;
      throw errorOfAnswer(answer, { call: 'POST /api/evaluation', sent, now: now() });
    }
  } finally {
    await dispatcher.close();
  }
}
