import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import type { Processed, RiskosProblem } from '../contract/index.ts';
import { RiskosError } from './errors.ts';
import { isSuccess } from './processed.ts';

export interface Exchange {
  origin: string;
  method: 'GET' | 'POST' | 'PATCH';
  path: string;
  headers: Record<string, string>;
  body?: string | undefined;
  /** Bytes of a 2xx answer that are taken; one that is larger is dropped. */
  limit: number;
  /** Milliseconds that the whole exchange may take. */
  total: number;
  signal?: AbortSignal | undefined;
  /** The memory for a 2xx answer of at most this many bytes; the answer waits until it is there. */
  memory?: ((bytes: number) => Promise<Uint8Array>) | undefined;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  /** Of an answer that is not 2xx, the part that arrived, at most 64 KiB. */
  body: Buffer;
}

const errorBodyLimit = 64 * 1024;

/**
 * One request and its answer. Sent once, redirects not followed, nothing decompressed, memory bounded by `limit`.
 * Rejects with {@link RiskosError}, which knows whether any of the request had been sent.
 */
export function exchange(dispatcher: Dispatcher, request: Exchange): Promise<Answer> {
  const { origin, method, path, signal } = request;
  return new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let settled = false;
    let status: number | undefined;
    let headers: IncomingHttpHeaders = {};
    let limit = request.limit;
    let size = 0;
    const chunks: Buffer[] = [];
    let memory: Uint8Array | undefined;

    const settle = (end: () => void): void => {
      if (settled) return;
      settled = true;
      clearTimeout(timer);
      signal?.removeEventListener('abort', cancel);
      end();
    };
    const fail = (type: RiskosProblem, more: { note?: string | undefined; cause?: unknown } = {}): void => {
      settle(() => {
        const processed: Processed = controller && method !== 'GET' ? 'perhaps' : 'no';
        reject(new RiskosError(type, { call: callOf(request), status, processed, ...more }));
      });
      controller?.abort(new Error(type));
    };
    const succeed = (): void =>
      settle(() => {
        const body = memory ? Buffer.from(memory.buffer, memory.byteOffset, size) : Buffer.concat(chunks);
        resolve({ status: status ?? 0, headers, body });
      });
    /** Nothing is read before the memory is there. */
    const waitForMemory = (ask: NonNullable<Exchange['memory']>, bytes: number): void => {
      controller?.pause();
      // This wait is not RiskOS's.
      clearTimeout(timer);
      ask(bytes).then(
        (granted) => {
          if (settled) return;
          memory = granted;
          timer = setTimeout(() => failOrSettleFor('TimedOut'), request.total);
          controller?.resume();
        },
        (error: unknown) => fail('Cancelled', { cause: error }),
      );
    };
    /** The status of an error is enough: its body may be unreadable. */
    const failOrSettleFor = (type: RiskosProblem, note?: string): void => {
      if (status === undefined || isSuccess(status)) return fail(type, { note });
      succeed();
      controller?.abort(new Error(type));
    };
    const cancel = (): void => fail('Cancelled', { cause: signal?.reason });
    let timer = setTimeout(() => failOrSettleFor('TimedOut'), request.total);
    signal?.addEventListener('abort', cancel, { once: true });
    if (signal?.aborted) return cancel();

    dispatcher.dispatch(
      { origin, method, path, headers: request.headers, body: request.body ?? null },
      {
        onRequestStart: (started) => {
          if (settled) return started.abort(new Error('Cancelled'));
          controller = started;
        },
        onResponseStart: (_, code, received) => {
          if (code < 200) return;
          status = code;
          headers = received;
          if (!isSuccess(code)) {
            limit = errorBodyLimit;
            return;
          }
          if (!isPlain(received)) return fail('EncodedAnswer');
          const declared = Number(received['content-length'] ?? limit);
          if (declared > limit) return fail('OversizedAnswer');
          if (request.memory) waitForMemory(request.memory, declared);
        },
        onResponseData: (_, chunk) => {
          if (settled) return;
          if (size + chunk.length > (memory?.byteLength ?? limit)) return failOrSettleFor('OversizedAnswer');
          if (memory) memory.set(chunk, size);
          else chunks.push(chunk);
          size += chunk.length;
        },
        onResponseEnd: succeed,
        onResponseError: (_, error) => {
          // Not as the cause: undici keeps what the server sent in some of its errors.
          failOrSettleFor(problemOf(error, controller !== undefined), noteOf(error));
        },
      },
    );
  });
}

export function callOf({ method, path }: Pick<Exchange, 'method' | 'path'>): string {
  return `${method} ${path}`;
}

function isPlain(headers: IncomingHttpHeaders): boolean {
  const encoding = headers['content-encoding'];
  return encoding === undefined || encoding.trim().toLowerCase() === 'identity';
}

const tooSlow = ['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT'];
const closed = ['UND_ERR_CLOSED', 'UND_ERR_DESTROYED'];
const insecure =
  /^(UND_ERR_PRX_TLS|ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|HOSTNAME_MISMATCH|EPROTO)/;

/** Before the first byte was sent every failure is one of connecting; afterwards the outcome is unknown. */
function problemOf(error: Error, sent: boolean): RiskosProblem {
  const code = codeOf(error);
  if (closed.includes(code)) return 'Cancelled';
  if (!sent) return insecure.test(code) ? 'InsecureConnection' : 'Unreachable';
  if (tooSlow.includes(code)) return 'TimedOut';
  if (code === 'UND_ERR_HEADERS_OVERFLOW') return 'OversizedAnswer';
  if (error.name === 'HTTPParserError') return 'MalformedAnswer';
  return 'ConnectionLost';
}

function noteOf(error: Error): string | undefined {
  const refusedByProxy = /^Proxy response \((\d{3})\)/.exec(error.message)?.[1];
  return refusedByProxy ? `the proxy answered ${refusedByProxy}` : codeOf(error) || undefined;
}

function codeOf(error: Error): string {
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return /^[A-Z][A-Z0-9_/]{2,59}$/.test(code) ? code : '';
}
