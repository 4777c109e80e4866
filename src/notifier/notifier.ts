import { createHash } from 'node:crypto';
import type { Log } from '../contract/log-fields.ts';
import type { Registry } from 'prom-client';
import { Webhook } from 'standardwebhooks';
import { type Dispatcher, Pool } from 'undici';
import type { NoticeBody, TestNotice } from '../contract/index.ts';
import { errorOfAnswer } from './answer.ts';
import { NotifyError } from './errors.ts';
import { post } from './post.ts';
import { watchReceiver } from './watch.ts';

export interface NotifierOptions {
  /** Where HR's system listens. */
  url: string;
  /** `whsec_…`, as Standard Webhooks writes them; the receiver needs one of them, so that one can be rotated. */
  secrets: string[];
  /** Milliseconds until the status of the answer; 10,000 when absent. */
  timeout?: number;
  /** For the signature's timestamp. */
  now?: () => Date;
  /** What sends the requests; direct connections when absent. */
  dispatcher?: (origin: string, bounds: { connections: number; connectTimeout: number }) => Dispatcher;
  logger?: Log | undefined;
  /** Where its metrics are shown. */
  registry?: Registry | undefined;
}

export interface Notifier {
  /** One POST, signed. Rejects with {@link NotifyError} unless it is answered with 2xx, whatever its body. */
  send(notice: { id: string } & (NoticeBody | TestNotice), signal?: AbortSignal): Promise<void>;
  /** Waits for the notices under way. */
  close(): Promise<void>;
}

/** Tells HR's system what happened, by signed webhooks (https://www.standardwebhooks.com). */
export function createNotifier({
  url,
  secrets,
  timeout = 10_000,
  now = () => new Date(),
  dispatcher = (origin, bounds) => new Pool(origin, bounds),
  logger,
  registry,
}: NotifierOptions): Notifier {
  const signers = secrets.map((secret) => new Webhook(secret));
  const target = new URL(url);
  const connections = dispatcher(target.origin, { connections: 20, connectTimeout: timeout });
  const watch = watchReceiver({ logger, registry, now });
  return {
    send: async ({ id, ...notice }, signal) => {
      const at = now();
      const body = JSON.stringify(notice);
      const webhookId = `${id}~${fingerprint(body)}`;
      try {
        const answer = await post(connections, target, {
          timeout,
          signal,
          body,
          headers: {
            'content-type': 'application/json',
            'user-agent': 'candidate-funnel',
            'webhook-id': webhookId,
            'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
            'webhook-signature': signers.map((signer) => signer.sign(webhookId, at, body)).join(' '),
          },
        });
        const error = errorOfAnswer(answer, target, at);
        if (error) throw error;
      } catch (error) {
        if (error instanceof NotifyError) watch.failed(error);
        throw error;
      }
      watch.taken();
    },
    close: () => connections.close(),
  };
}

/** A reset funnel counts its notices again; with this in its id, no notice has the id of another one. */
function fingerprint(body: string): string {
  return createHash('sha256').update(body).digest('hex').slice(0, 12);
}
