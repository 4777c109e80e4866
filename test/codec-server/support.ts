import type { Payload } from '@temporalio/common';
import { onTestFinished } from 'vitest';
import { request } from 'undici';
import type { AuditLine } from '../../src/codec/server/audit.ts';
import type { Authentication } from '../../src/codec/server/authenticate.ts';
import type { Cipher, Unreadable } from '../../src/codec/server/cipher.ts';
import { createCodecServer, type CodecServerOptions } from '../../src/codec/server/server.ts';
import { toWire, type WirePayload } from '../../src/codec/server/wire.ts';
import { createTestIssuer, type TestIssuer } from '../../src/relay/index.ts';
import { keepingLogger, type LogLine, metric } from '../relay/support.ts';

export const ui = 'https://temporal.example';
export const roles = { claim: 'roles', all: ['codec-all'], status: ['codec-status'] };

const text = (value: string) => Buffer.from(value);

/** A payload in clear. */
export function clear(value: unknown): WirePayload {
  return toWire({ metadata: { encoding: text('json/plain') }, data: text(JSON.stringify(value)) });
}

/** What the test's cipher takes for an encrypted payload. */
export function sealed(
  value: unknown,
  more: { workflowId?: string; purpose?: string; fails?: Unreadable | 'key_store_unavailable' } = {},
): WirePayload {
  const { workflowId = 'funnel-app-1', purpose, fails } = more;
  return toWire({
    metadata: {
      encoding: text('binary/test'),
      workflow: text(workflowId),
      ...(purpose ? { purpose: text(purpose) } : {}),
      ...(fails ? { fails: text(fails) } : {}),
    },
    data: text(JSON.stringify(value)),
  });
}

export function valueOf(payload: WirePayload | undefined): unknown {
  return payload?.data == null ? undefined : JSON.parse(Buffer.from(payload.data, 'base64').toString());
}

/** A cipher whose payloads say how they open. */
export const testCipher: Cipher = {
  labelOf: ({ metadata }) => {
    if (textOf(metadata, 'encoding') !== 'binary/test') return undefined;
    const purpose = textOf(metadata, 'purpose');
    return { workflowId: textOf(metadata, 'workflow'), ...(purpose ? { purpose } : {}) };
  },
  open: ({ metadata, data }) => {
    const fails = textOf(metadata, 'fails');
    if (fails === 'key_store_unavailable') return Promise.resolve(fails);
    const unreadable = ['KeyMissing', 'PayloadTampered', 'PayloadMisplaced', 'PayloadUnknown'] as const;
    const reason = unreadable.find((one) => one === fails);
    if (reason) return Promise.resolve({ unreadable: reason });
    return Promise.resolve({
      payload: { metadata: { encoding: text('json/plain') }, data: data ?? text('') },
    });
  },
  seal: (payloads, { workflowId }) =>
    Promise.resolve(
      workflowId.startsWith('funnel-')
        ? payloads.map(({ data }) => ({
            metadata: { encoding: text('binary/test'), workflow: text(workflowId) },
            data: data ?? text(''),
          }))
        : 'no_application',
    ),
  tombstone: (workflowId) =>
    Promise.resolve(workflowId.startsWith('funnel-') ? { found: undefined } : 'no_application'),
  ready: () => Promise.resolve(true),
};

function textOf(metadata: Payload['metadata'], name: string): string {
  return Buffer.from(metadata?.[name] ?? []).toString();
}

export interface Rig {
  url: string;
  lines: LogLine[];
  audited: AuditLine[];
  issuer: TestIssuer;
  /** A token of this role. */
  token(role?: string, claims?: Record<string, unknown>): Promise<string>;
  close(): Promise<void>;
}

/** A codec server with an issuer of its own; closed when the test ends. */
export async function startRig(
  options: Partial<CodecServerOptions> & { authentication?: Authentication } = {},
): Promise<Rig> {
  const issuer = await createTestIssuer();
  const logger = keepingLogger();
  const audited: AuditLine[] = [];
  const server = await createCodecServer({
    cipher: testCipher,
    authentication: { jwt: issuer.options, roles },
    origins: [ui],
    fetch: issuer.fetch,
    logger,
    audit: (line) => audited.push(line),
    ...options,
  });
  const url = await server.listen({ host: '127.0.0.1', port: 0 });
  let closed: Promise<void> | undefined;
  const close = () => (closed ??= server.close());
  onTestFinished(close);
  return {
    url,
    lines: logger.lines,
    audited,
    issuer,
    close,
    token: (role = 'codec-all', claims = {}) =>
      issuer.token({ claims: { sub: 'ada', email: 'ada@hr.example', roles: [role], ...claims } }),
  };
}

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  /** Of a 200. */
  payloads: WirePayload[];
  values: unknown[];
  reason: string | undefined;
  body: string;
}

/** POSTs payloads as the Temporal UI does, but for what is given. */
export async function ask(
  url: string,
  more: {
    path?: string;
    method?: 'POST' | 'GET' | 'OPTIONS' | 'PUT' | 'HEAD';
    token?: string | undefined;
    headers?: Record<string, string | undefined>;
    payloads?: unknown;
    body?: string | Buffer;
  } = {},
): Promise<Answer> {
  const { path = '/decode', method = 'POST', payloads = [] } = more;
  const headers = Object.entries({
    'content-type': 'application/json',
    'x-namespace': 'default',
    origin: ui,
    ...(more.token === undefined ? {} : { authorization: `Bearer ${more.token}` }),
    ...more.headers,
  }).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const]));
  const answer = await request(`${url}${path}`, {
    method,
    headers: Object.fromEntries(headers),
    ...(method === 'POST' || method === 'PUT' ? { body: more.body ?? JSON.stringify({ payloads }) } : {}),
  });
  const body = await answer.body.text();
  const json: { payloads?: WirePayload[]; reason?: string } = body === '' ? {} : JSON.parse(body);
  return {
    status: answer.statusCode,
    headers: answer.headers,
    payloads: json.payloads ?? [],
    get values() {
      return (json.payloads ?? []).map(valueOf);
    },
    reason: json.reason,
    body,
  };
}

export function refusals(url: string, reason: string): Promise<number> {
  return metric(url, `candidate_funnel_codec_refusals_total{reason="${reason}"}`);
}

export function payloadsCounted(url: string, result: string): Promise<number> {
  return metric(url, `candidate_funnel_codec_payloads_total{result="${result}"}`);
}
