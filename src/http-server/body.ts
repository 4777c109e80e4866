import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { BodyRefusal } from './refusals.ts';

export interface BodyLimits {
  /** Bytes of a body, as sent and unpacked. */
  bodySize: number;
  /** Milliseconds in which it must have arrived. */
  bodyTime: number;
}

export interface Body {
  bytes: Buffer;
  json: unknown;
}

/** Reads JSON, plain or as gzip, whatever its Content-Type; or says why it cannot be read. */
export async function readBody(
  stream: Readable,
  contentEncoding: string | undefined,
  limits: BodyLimits,
): Promise<Body | BodyRefusal> {
  const encoding = contentEncoding?.trim().toLowerCase() ?? '';
  if (!['', 'identity', 'gzip', 'x-gzip'].includes(encoding)) return 'unknown_encoding';
  const sent = await collect(stream, limits.bodySize, limits.bodyTime);
  if (!Buffer.isBuffer(sent)) return sent;
  const bytes = encoding.endsWith('gzip') ? await unpack(sent, limits.bodySize) : sent;
  if (!Buffer.isBuffer(bytes)) return bytes;
  try {
    const json: unknown = JSON.parse(textOf(bytes));
    return { bytes, json };
  } catch {
    return 'not_json';
  }
}

/** Lets what is still to come of a refused request run off, within bounds: an answer given earlier would be lost. */
export async function discard(stream: Readable, most: number, within: number): Promise<void> {
  if (stream.readableEnded || stream.destroyed) return;
  await collect(stream, most, within, false);
}

/** Without a byte order mark. What is no UTF-8 can only be in a text that nobody reads. */
function textOf(bytes: Buffer): string {
  const text = bytes.toString();
  return text.startsWith('\uFEFF') ? text.slice(1) : text;
}

function collect(stream: Readable, most: number, within: number, keep = true): Promise<Buffer | BodyRefusal> {
  if (stream.destroyed) return Promise.resolve('client_gone');
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const settle = (outcome: Buffer | BodyRefusal) => {
      clearTimeout(timer);
      stream.off('data', onData).off('end', onEnd).off('close', onGone);
      stream.pause();
      resolve(outcome);
    };
    const onData = (chunk: Buffer) => {
      size += chunk.length;
      if (size > most) settle('too_large');
      else if (keep) chunks.push(chunk);
    };
    const onEnd = () => settle(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks));
    const onGone = () => settle('client_gone');
    const timer = setTimeout(() => settle('too_slow'), within);
    // Stays: a connection that breaks after all is no reason to crash. Its end is seen by "close".
    stream.on('error', () => {});
    stream.on('data', onData).on('end', onEnd).on('close', onGone).resume();
  });
}

const gunzipped = promisify(gunzip);

async function unpack(bytes: Buffer, most: number): Promise<Buffer | BodyRefusal> {
  try {
    return await gunzipped(bytes, { maxOutputLength: most });
  } catch (error) {
    return error instanceof RangeError ? 'too_large' : 'unknown_encoding';
  }
}
