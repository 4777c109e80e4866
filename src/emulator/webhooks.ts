import { randomUUID } from 'node:crypto';
import { setMaxListeners } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { z } from 'zod';
import { stamp } from './evaluation.ts';
import type { Ledger } from './ledger.ts';

export interface WebhookEvent {
  event_id: string;
  event_at: string;
  event_type: string;
  data: { id: string; eval_id?: string } & Record<string, unknown>;
}

/** Where webhooks go, and how they are authenticated. No signature scheme is documented [doc]. */
export const webhookTarget = z.strictObject({
  url: z.url({ protocol: /^https?$/, error: 'must be an http(s) URL' }),
  auth: z.discriminatedUnion('type', [
    z.strictObject({ type: z.literal('bearer'), token: z.string().min(1) }),
    z.strictObject({ type: z.literal('basic'), username: z.string().min(1), password: z.string().min(1) }),
    z.strictObject({
      type: z.literal('oauth2'),
      tokenUrl: z.url({ protocol: /^https?$/ }),
      clientId: z.string().min(1),
      clientSecret: z.string().min(1),
    }),
  ]),
});
export type WebhookTarget = z.output<typeof webhookTarget>;

export interface Retry {
  /** How often in all. */
  attempts: number;
  /** Milliseconds before the second attempt; it doubles from there. */
  firstDelay: number;
  /** Milliseconds, at most. */
  longestDelay: number;
}

/** The only answers after which RiskOS retries [doc]. */
const worthAnotherAttempt = new Set([408, 409, 423, 429, 502, 503, 504]);
/** Milliseconds in which a delivery must be answered [doc]. */
const answerTime = 30_000;
const tokenAnswer = z.object({ access_token: z.string().min(1), expires_in: z.number().optional() });

/** Delivers webhooks as RiskOS does; several at once and in no promised order. */
export function createWebhooks(options: {
  target?: WebhookTarget;
  retry: Retry;
  ledger: Ledger;
  /** Called after each attempt. */
  onTried: () => void;
}) {
  const agent = new Agent();
  const closing = new AbortController();
  // Each webhook that is to be sent again waits on it.
  setMaxListeners(0, closing.signal);
  const { retry, ledger } = options;
  let target = options.target;
  const outbox = new Map<string, WebhookEvent>();
  let token: { value: string; until: number } | undefined;

  async function authorization(to: WebhookTarget): Promise<string> {
    const { auth } = to;
    if (auth.type === 'bearer') return `Bearer ${auth.token}`;
    if (auth.type === 'basic') {
      return `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`;
    }
    if (!token || token.until < Date.now()) {
      const answer = await request(auth.tokenUrl, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' },
        body: new URLSearchParams({
          grant_type: 'client_credentials',
          client_id: auth.clientId,
          client_secret: auth.clientSecret,
        }).toString(),
        dispatcher: agent,
        signal: AbortSignal.any([closing.signal, AbortSignal.timeout(answerTime)]),
      });
      const issued = tokenAnswer.parse(await answer.body.json());
      token = { value: issued.access_token, until: Date.now() + (issued.expires_in ?? 60) * 1000 - 1000 };
    }
    return `Bearer ${token.value}`;
  }

  async function attempt(
    to: WebhookTarget,
    event: WebhookEvent,
  ): Promise<Ledger['webhooks'][number]['status']> {
    let headers: Record<string, string>;
    try {
      headers = { 'content-type': 'application/json', authorization: await authorization(to) };
    } catch {
      return 'no_token';
    }
    try {
      const answer = await request(to.url, {
        method: 'POST',
        headers,
        body: JSON.stringify(event),
        dispatcher: agent,
        signal: AbortSignal.any([closing.signal, AbortSignal.timeout(answerTime)]),
      });
      await answer.body.dump();
      if (answer.statusCode === 401) token = undefined;
      return answer.statusCode;
    } catch (error) {
      return error instanceof Error && error.name === 'TimeoutError' ? 'timeout' : 'no_connection';
    }
  }

  function record(event: WebhookEvent, tried: number, status: Ledger['webhooks'][number]['status']): void {
    ledger.webhooks.push({
      event_id: event.event_id,
      event_type: event.event_type,
      id: event.data.id,
      eval_id: event.data.eval_id ?? null,
      attempt: tried,
      status,
      at: new Date().toISOString(),
    });
    options.onTried();
  }

  return {
    setTarget(next: WebhookTarget | undefined): void {
      target = next;
      token = undefined;
    },
    eventOf(event_type: string, data: WebhookEvent['data']): WebhookEvent {
      return { event_id: randomUUID(), event_at: stamp(Date.now()), event_type, data };
    },
    drop(event: WebhookEvent): void {
      record(event, 0, 'dropped');
    },
    outbox: (): WebhookEvent[] => [...outbox.values()],
    /** Sends it until it is taken, refused for good, or all attempts are used up. Never rejects. */
    async deliver(event: WebhookEvent): Promise<void> {
      outbox.set(event.event_id, event);
      for (let tried = 1; tried <= retry.attempts && !closing.signal.aborted; tried++) {
        const status = target ? await attempt(target, event) : 'dropped';
        if (closing.signal.aborted) return;
        const answered = typeof status === 'number' && !worthAnotherAttempt.has(status);
        const last = answered || status === 'dropped' || tried === retry.attempts;
        if (last) outbox.delete(event.event_id);
        record(event, status === 'dropped' ? 0 : tried, status);
        if (last) return;
        const delay = Math.min(retry.longestDelay, retry.firstDelay * 2 ** (tried - 1));
        await wait(delay, undefined, { signal: closing.signal, ref: false }).catch(() => {});
      }
    },
    async close(): Promise<void> {
      closing.abort();
      await agent.destroy();
    },
  };
}
export type Webhooks = ReturnType<typeof createWebhooks>;
