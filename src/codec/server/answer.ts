import type { Readable } from 'node:stream';
import { readBody } from '../../http-server/body.ts';
import type { Tombstone } from '../keys/store.ts';
import { type AuditLine, auditOfDecode, auditOfOne } from './audit.ts';
import type { Identity } from './authenticate.ts';
import type { Cipher } from './cipher.ts';
import { decode } from './decode.ts';
import type { CodecServerLimits } from './limits.ts';
import type { CodecServerMetrics } from './metrics.ts';
import type { Refusal } from './refusals.ts';
import { fromWire, readPayloads, toWire, type WirePayload } from './wire.ts';

export type Action = 'decode' | 'encode' | 'tombstone';

/** One authenticated POST, independent of the HTTP server. */
export interface Asked {
  action: Action;
  identity: Identity;
  namespace: string | undefined;
  workflowId: string | undefined;
  contentEncoding: string | undefined;
  body: Readable;
}

export interface AnswererOptions {
  cipher: Cipher;
  limits: CodecServerLimits;
  metrics: Pick<CodecServerMetrics, 'payload'>;
  /** Gets the line before the answer is sent, so that nothing is read without one. */
  audit: (line: AuditLine) => void;
}

export type Answer = { payloads: WirePayload[] } | { tombstone: Tombstone | null } | Refusal;

/** As Temporal takes them; nothing else comes into a log. */
const namespaces = /^[A-Za-z0-9][\w.-]{0,254}$/;
const workflowIds = /^[\w.:~-]{1,200}$/;

/** What the codec server does with a request, without any HTTP framework. */
export function createAnswerer(options: AnswererOptions): (asked: Asked) => Promise<Answer> {
  const { cipher, limits, metrics, audit } = options;

  async function decoding(
    given: WirePayload[],
    identity: Identity,
    namespace: string | undefined,
  ): Promise<Answer> {
    const work = decode(given, { cipher, role: identity.role, namespace });
    const decoded = await within(limits.keyTime, work);
    if (decoded === 'key_store_unavailable') return decoded;
    for (const { result } of decoded.fates) metrics.payload(result);
    audit(auditOfDecode(identity, namespace, decoded.fates));
    return { payloads: decoded.payloads };
  }

  async function encoding(
    given: WirePayload[],
    identity: Identity,
    of: { namespace: string; workflowId: string },
  ): Promise<Answer> {
    const sealed = await within(limits.keyTime, cipher.seal(given.map(fromWire), of));
    if (typeof sealed === 'string') return sealed;
    metrics.payload('encoded', sealed.length);
    const { namespace, workflowId } = of;
    audit(auditOfOne('encode', identity, namespace, { workflowId, count: sealed.length }));
    return { payloads: sealed.map(toWire) };
  }

  /** Who may read a status may read this one. */
  async function tombstone(
    workflowId: string,
    identity: Identity,
    namespace: string | undefined,
  ): Promise<Answer> {
    const read = await within(limits.keyTime, cipher.tombstone(workflowId));
    if (typeof read === 'string') return read;
    audit(auditOfOne('tombstone', identity, namespace, { workflowId, count: 0 }));
    return { tombstone: read.found ?? null };
  }

  return async ({ action, identity, namespace, workflowId, contentEncoding, body: stream }) => {
    if (namespace !== undefined && !namespaces.test(namespace)) return 'no_namespace';
    if (action === 'encode') {
      if (namespace === undefined) return 'no_namespace';
      if (identity.role !== 'all') return 'not_permitted';
    }
    if (action !== 'decode' && (workflowId === undefined || !workflowIds.test(workflowId))) {
      return 'no_workflow_id';
    }
    const body = await readBody(stream, contentEncoding, limits);
    if (typeof body === 'string') return body;
    if (action === 'tombstone' && workflowId !== undefined) return tombstone(workflowId, identity, namespace);
    const payloads = readPayloads(body.json, limits.payloads);
    if (typeof payloads === 'string') return payloads;
    return action === 'decode' || workflowId === undefined || namespace === undefined
      ? decoding(payloads, identity, namespace)
      : encoding(payloads, identity, { namespace, workflowId });
  };
}

/** A store that does not answer is one that is down. */
async function within<T>(milliseconds: number, work: Promise<T>): Promise<T | 'key_store_unavailable'> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'key_store_unavailable'>((resolve) => {
    timer = setTimeout(() => resolve('key_store_unavailable'), milliseconds);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
