import { randomUUID } from 'node:crypto';
import { request } from 'undici';
import { token } from '../../support/constants.ts';

/** A webhook as RiskOS sends it. */
export interface Letter {
  event_id: string;
  event_at: string;
  event_type: string;
  data: { id: string; eval_id?: string } & Record<string, unknown>;
}

export function letter(event_type: string, data: Letter['data']): Letter {
  return { event_id: randomUUID(), event_at: new Date().toISOString(), event_type, data };
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
