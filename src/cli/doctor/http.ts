import { request } from 'undici';
import { dispatcherOfSettings } from '../../network.ts';

/** Milliseconds for each request. */
const patience = 5000;

interface Asking {
  method: 'GET' | 'HEAD' | 'POST' | 'OPTIONS';
  headers?: Record<string, string>;
  body?: string;
}

export interface Answer {
  status: number;
  header(name: string): string | undefined;
  body: string;
}

/** Sends one request, through the configured proxy. Resolves with the answer, or with the reason if none arrived. */
export async function ask(url: string, { method, headers = {}, body }: Asking): Promise<Answer | string> {
  const dispatcher = dispatcherOfSettings()(new URL(url).origin, {
    connections: 1,
    connectTimeout: patience,
  });
  try {
    const answer = await request(url, {
      method,
      headers,
      dispatcher,
      signal: AbortSignal.timeout(patience),
      ...(body === undefined ? {} : { body }),
    });
    return {
      status: answer.statusCode,
      header: (name) => {
        const value = answer.headers[name];
        return Array.isArray(value) ? value[0] : value;
      },
      body: await answer.body.text(),
    };
  } catch (error) {
    return whyNot(error);
  } finally {
    await dispatcher.destroy();
  }
}

const reasons: Partial<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was broken',
  ENOTFOUND: 'DNS does not know its name',
  EAI_AGAIN: 'DNS does not answer',
  UND_ERR_CONNECT_TIMEOUT: 'no connection within five seconds: a firewall?',
  UND_ERR_SOCKET: 'the connection was broken',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed, which RiskOS would refuse',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is of an authority that is not known here',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    'its certificate lacks the intermediate one, or its authority is not known',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
};

function whyNot(error: unknown): string {
  if (error instanceof Error && error.name === 'TimeoutError') return 'no answer within five seconds';
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
  return reasons[code] ?? code;
}
