import { Webhook } from 'standardwebhooks';
import { request } from 'undici';
import type { Notice } from '../contract/index.ts';

export interface NotifierOptions {
  /** Where HR's system listens. */
  url: string;
  /** `whsec_…`, as Standard Webhooks writes them; the receiver needs one of them, so that one can be rotated. */
  secrets: string[];
  /** Milliseconds for the whole answer; 10,000 when absent. */
  timeout?: number;
  /** For the signature's timestamp. */
  now?: () => Date;
}

export interface Notifier {
  /** One POST, signed. Rejects with {@link NotifyError} unless it is answered with 2xx. */
  send(notice: Notice, signal?: AbortSignal): Promise<void>;
}

/** HR's system did not take a notice. */
class NotifyError extends Error {
  readonly type = 'NotTaken';
}

/** Tells HR's system what happened, by signed webhooks (https://www.standardwebhooks.com). */
export function createNotifier({
  url,
  secrets,
  timeout = 10_000,
  now = () => new Date(),
}: NotifierOptions): Notifier {
  const signers = secrets.map((secret) => new Webhook(secret));
  return {
    send: async ({ id, ...notice }, signal) => {
      const at = now();
      const body = JSON.stringify(notice);
      const limit = AbortSignal.timeout(timeout);
      const status = await post(url, body, signal ? AbortSignal.any([signal, limit]) : limit, {
        'content-type': 'application/json',
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
        'webhook-signature': signers.map((signer) => signer.sign(id, at, body)).join(' '),
      });
      if (status < 200 || status > 299) throw new NotifyError(`NOTIFY_URL answered ${status}`);
    },
  };
}

async function post(
  url: string,
  body: string,
  signal: AbortSignal,
  headers: Record<string, string>,
): Promise<number> {
  try {
    const answer = await request(url, { method: 'POST', headers, body, signal });
    await answer.body.dump({ limit: 64 * 1024, signal });
    return answer.statusCode;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'no answer';
    throw new NotifyError(`NOTIFY_URL cannot be reached (${code})`);
  }
}
