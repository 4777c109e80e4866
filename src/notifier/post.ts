import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { NoticeProblem } from '../contract/index.ts';
import { NotifyError } from './errors.ts';

interface Post {
  headers: Record<string, string>;
  body: string;
  /** Milliseconds until the status is there. */
  timeout: number;
  signal?: AbortSignal | undefined;
}

/** One POST, and the status and headers of its answer; redirects are not followed. Rejects with {@link NotifyError}. */
export async function post(
  dispatcher: Dispatcher,
  url: URL,
  { headers, body, timeout, signal }: Post,
): Promise<{ status: number; headers: IncomingHttpHeaders }> {
  const limit = AbortSignal.timeout(timeout);
  try {
    const answer = await dispatcher.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: 'POST',
      headers,
      body,
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
    // The status says everything; what else comes is dropped, and cannot fail the notice.
    void answer.body.dump({ limit: 64 * 1024, signal: AbortSignal.timeout(1000) }).catch(() => undefined);
    return { status: answer.statusCode, headers: answer.headers };
  } catch (error) {
    if (signal?.aborted) throw new NotifyError('Cancelled');
    if (limit.aborted) throw new NotifyError('TimedOut');
    throw new NotifyError(problemOf(error), { note: noteOf(error) });
  }
}

const insecure =
  /^(UND_ERR_PRX_TLS|ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|EPROTO)/;
const lost = ['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'];
const closed = ['UND_ERR_CLOSED', 'UND_ERR_DESTROYED'];

function problemOf(error: unknown): NoticeProblem {
  const code = codeOf(error);
  if (closed.includes(code)) return 'Cancelled';
  if (insecure.test(code)) return 'InsecureConnection';
  if (lost.includes(code)) return 'ConnectionLost';
  if (error instanceof Error && error.name === 'HTTPParserError') return 'MalformedAnswer';
  return code === 'UND_ERR_HEADERS_OVERFLOW' ? 'MalformedAnswer' : 'Unreachable';
}

function noteOf(error: unknown): string | undefined {
  const text = error instanceof Error ? error.message : '';
  const refusedByProxy = /^Proxy response \((\d{3})\)/.exec(text)?.[1];
  return refusedByProxy ? `the proxy answered ${refusedByProxy}` : codeOf(error) || undefined;
}

function codeOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : '';
  return /^[A-Z][A-Z0-9_/]{2,59}$/.test(code) ? code : '';
}
