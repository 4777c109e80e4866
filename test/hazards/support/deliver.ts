import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import { request } from 'undici';
import { z } from 'zod';
import { token } from '../../support/constants.ts';

/** A webhook as RiskOS sends it. */
export interface Letter {
  event_id: string;
  event_at: string;
  event_type: string;
  data: { id: string; eval_id?: string } & Record<string, unknown>;
}

const letterSchema = z.looseObject({
  event_id: z.string(),
  event_at: z.string(),
  event_type: z.string(),
  data: z.looseObject({ id: z.string(), eval_id: z.string().optional() }),
});

export function letterOf(body: unknown): Letter {
  const { data, ...envelope } = letterSchema.parse(body);
  const { id, eval_id, ...rest } = data;
  return { ...envelope, data: { ...rest, id, ...(eval_id ? { eval_id } : {}) } };
}

export function letter(event_type: string, data: Letter['data']): Letter {
  return { event_id: randomUUID(), event_at: new Date().toISOString(), event_type, data };
}

/** Tries again on 503, as RiskOS does [doc]: a relay that is in a hurry may ask for that. */
export async function deliverAsRiskos(relayUrl: string, body: Letter): Promise<number> {
  for (let tries = 1; ; tries++) {
    const status = await deliver(relayUrl, body);
    if (status !== 503 || tries === 10) return status;
    await wait(200 * tries);
  }
}

/** Hands a webhook to the relay; resolves with the status of its answer. */
export async function deliver(relayUrl: string, body: Letter): Promise<number> {
  const answer = await request(`${relayUrl}/webhooks/riskos`, {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  await answer.body.dump();
  return answer.statusCode;
}
