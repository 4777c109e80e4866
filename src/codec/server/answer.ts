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
  /** Gets each line before the answer is sent, so that nothing is read without one. */
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
    const decoded = await within(limits.keyTime, (givenUp) =>
      decode(given, { cipher, role: identity.role, namespace, givenUp }),
    );
    if (decoded === 'key_store_unavailable') return decoded;
    for (const { result } of decoded.fates) metrics.payload(result);
    for (const line of auditOfDecode(identity, namespace, decoded.fates)) audit(line);
    return { payloads: decoded.payloads };
  }

  async function encoding(
    given: WirePayload[],
    identity: Identity,
    of: { namespace: string; workflowId: string },
  ): Promise<Answer> {
    const sealed = await within(limits.keyTime, () => cipher.seal(given.map(fromWire), of));
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
    const read = await within(limits.keyTime, () => cipher.tombstone(workflowId));
    if (typeof read === 'string') return read;
    audit(auditOfOne('tombstone', identity, namespace, { workflowId, count: 0 }));
    return { tombstone: read.found ?? null };
  }

  return async (asked) => {
    const work = workOf(asked);
    if (typeof work === 'string') return work;
    const body = await readBody(asked.body, asked.contentEncoding, limits);
    return typeof body === 'string' ? body : work(body.json);
  };

  /** What is to be done with the body, or why it need not be read. */
  function workOf({
    action,
    identity,
    namespace,
    workflowId,
  }: Asked): Refusal | ((body: unknown) => Promise<Answer>) {
    if (namespace !== undefined && !namespaces.test(namespace)) return 'no_namespace';
    if (action === 'decode') return withPayloads((payloads) => decoding(payloads, identity, namespace));
    if (action === 'tombstone') {
      return isWorkflowId(workflowId) ? () => tombstone(workflowId, identity, namespace) : 'no_workflow_id';
    }
    if (namespace === undefined) return 'no_namespace';
    if (identity.role !== 'all') return 'not_permitted';
    if (!isWorkflowId(workflowId)) return 'no_workflow_id';
    return withPayloads((payloads) => encoding(payloads, identity, { namespace, workflowId }));
  }

  function withPayloads(work: (payloads: WirePayload[]) => Promise<Answer>) {
    return async (body: unknown): Promise<Answer> => {
      const payloads = readPayloads(body, limits.payloads);
      return typeof payloads === 'string' ? payloads : work(payloads);
    };
  }
}

function isWorkflowId(text: string | undefined): text is string {
  return text !== undefined && workflowIds.test(text);
}

/** A store that does not answer in time counts as unavailable; the signal then aborts the work. */
async function within<T>(
  milliseconds: number,
  work: (givenUp: AbortSignal) => Promise<T>,
): Promise<T | 'key_store_unavailable'> {
  const giveUp = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<'key_store_unavailable'>((resolve) => {
    timer = setTimeout(() => {
      giveUp.abort();
      resolve('key_store_unavailable');
    }, milliseconds);
  });
  try {
    return await Promise.race([work(giveUp.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}
