import type { Payload, PayloadCodec } from '@temporalio/common';
import { z } from 'zod';
import { isClear, workflowIdOf } from '../contract/index.ts';
import type { FindForgotten } from './funnel.ts';
import { isEncrypted, unreadablePayload } from './unreadable.ts';

export interface RemoteCodecOptions {
  /** The address of the codec server, such as `https://codec.example`. */
  url: string;
  /** An access token of the role that may encode and decode; a function is asked before each request. */
  token?: string | (() => Promise<string>);
  /** Milliseconds that a request may take; 10,000 when absent. */
  timeout?: number;
  /** Sends the requests, for example through a proxy; the global `fetch`, which knows none, when absent. */
  fetch?: (url: string, init?: RequestInit) => Promise<Response>;
}

/** The codec server cannot be asked, or refuses; the message says what to do. `KeyForgotten`: the application was forgotten. */
export class RemoteCodecError extends Error {
  override readonly name = 'RemoteCodecError';
  readonly type: 'CodecServer' | 'KeyForgotten';

  constructor(
    message: string,
    { type = 'CodecServer', cause }: { type?: RemoteCodecError['type']; cause?: unknown } = {},
  ) {
    super(message, { cause });
    this.type = type;
  }
}

/**
 * Lets the codec server encrypt and decrypt, for a process that holds no key: pass it in
 * `new Client({ dataConverter: { payloadCodecs: [remoteCodec({ url, token })] } })`. Rejects with {@link RemoteCodecError};
 * decoding never does.
 */
export function remoteCodec(options: RemoteCodecOptions): PayloadCodec {
  return {
    encode: async (payloads, context) => {
      const hidden = payloads.filter((payload) => !isClear(payload));
      if (hidden.length === 0) return payloads;
      const encoded = await ask(options, 'encode', hidden, context);
      const rest = encoded.values();
      return payloads.map((payload) => (isClear(payload) ? payload : (rest.next().value ?? payload)));
    },
    decode: async (payloads, context) => {
      if (!payloads.some(isEncrypted)) return payloads;
      const decoded = await ask(options, 'decode', payloads, context).catch((error: unknown) => {
        if (error instanceof RemoteCodecError) return undefined;
        throw error;
      });
      return (
        decoded ??
        payloads.map((payload) => (isEncrypted(payload) ? unreadablePayload('CodecServer') : payload))
      );
    },
  };
}

/**
 * Asks the codec server who had an application forgotten, for a process that holds no key: pass it in
 * `createFunnelClient({ findForgotten: remoteTombstones({ url, token }) })`. Any role may ask. Rejects with
 * {@link RemoteCodecError}.
 */
export function remoteTombstones(options: RemoteCodecOptions): FindForgotten {
  return async (applicationId) => {
    const answer = await post(options, 'tombstone', { workflowId: workflowIdOf(applicationId) }, {});
    const read = tombstoneAnswer.safeParse(answer.body);
    if (!answer.ok || !read.success) throw refused(options, answer);
    return read.data.tombstone ?? undefined;
  };
}

const tombstoneAnswer = z.object({
  tombstone: z.object({ at: z.string(), by: z.string(), reason: z.string() }).nullable(),
});

/** HTTP's 410 Gone. */
const forgottenStatus = 410;

async function ask(
  options: RemoteCodecOptions,
  verb: 'encode' | 'decode',
  payloads: Payload[],
  context: unknown,
): Promise<Payload[]> {
  const answer = await post(options, verb, context, { payloads: payloads.map(toWire) });
  const given: unknown = Object(answer.body).payloads;
  if (answer.ok && Array.isArray(given) && given.length === payloads.length) return given.map(fromWire);
  if (answer.status === forgottenStatus) {
    const message = 'this application was forgotten; give the candidate a new application id';
    throw new RemoteCodecError(message, { type: 'KeyForgotten' });
  }
  throw refused(options, answer);
}

interface Answer {
  ok: boolean;
  status: number;
  /** `undefined` if the answer is not JSON. */
  body: unknown;
}

type Verb = 'encode' | 'decode' | 'tombstone';

/** Where a codec server takes these requests; its address may end with a slash. */
export function codecEndpoint(url: string, verb: Verb): string {
  return `${url.replace(/\/$/, '')}/${verb}`;
}

async function post(
  { url, token, timeout = 10_000, fetch: send = fetch }: RemoteCodecOptions,
  verb: Verb,
  of: unknown,
  body: unknown,
): Promise<Answer> {
  const { namespace, workflowId } = Object(of);
  const secret = typeof token === 'function' ? await token() : token;
  try {
    const answer = await send(codecEndpoint(url, verb), {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(typeof namespace === 'string' ? { 'x-namespace': namespace } : {}),
        ...(typeof workflowId === 'string' ? { 'x-workflow-id': workflowId } : {}),
        ...(secret === undefined ? {} : { authorization: `Bearer ${secret}` }),
      },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(timeout),
    });
    return {
      ok: answer.ok,
      status: answer.status,
      body: await answer.json().catch(() => undefined),
    };
  } catch (error) {
    throw new RemoteCodecError(`no answer from the codec server at ${url}; check CODEC_URL`, {
      cause: error,
    });
  }
}

function refused({ url }: RemoteCodecOptions, { status }: Answer): RemoteCodecError {
  return new RemoteCodecError(
    `the codec server at ${url} answered ${status}; check CODEC_TOKEN and the roles that it has`,
  );
}

function toWire({ metadata, data }: Payload): unknown {
  const entries = Object.entries(metadata ?? {}).map(([name, value]) => [name, base64(value)]);
  return { metadata: Object.fromEntries(entries), ...(data == null ? {} : { data: base64(data) }) };
}

function fromWire(wire: unknown): Payload {
  const { metadata, data } = Object(wire);
  const entries = Object.entries(Object(metadata)).map(([name, value]) => [name, bytesFrom(value)]);
  return { metadata: Object.fromEntries(entries), ...(data === undefined ? {} : { data: bytesFrom(data) }) };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}

function bytesFrom(text: unknown): Uint8Array {
  return Buffer.from(String(text), 'base64');
}
