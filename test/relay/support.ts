import { connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { request } from 'undici';
import type { RiskosEvent } from '../../src/contract/index.ts';
import { type Authentication, createAuthenticator } from '../../src/relay/authenticate.ts';
import { makeDelivery, type Relay } from '../../src/relay/index.ts';
import { defaultLimits, type ServerLimits } from '../../src/http-server/limits.ts';
import type { Fetch } from '../../src/http-server/jwt.ts';
import type { ServerLogger } from '../../src/http-server/refusal-log.ts';
import { createRelayServer } from '../../src/relay/server.ts';
import type { Signaller } from '../../src/relay/signal.ts';
import { token } from '../support/constants.ts';

export const ours = 'app-1~0123abcd~passive_check~1';

export interface LogLine {
  level: 'info' | 'warn' | 'error';
  fields: object;
  message: string;
}

/** A logger that keeps what it is given. */
export function keepingLogger(): ServerLogger & { lines: LogLine[] } {
  const lines: LogLine[] = [];
  const keep = (level: LogLine['level']) => (fields: object, message: string) => {
    lines.push({ level, fields, message });
  };
  return { lines, info: keep('info'), warn: keep('warn'), error: keep('error') };
}

export interface Rig {
  relay: Relay;
  url: string;
  lines: LogLine[];
  /** What Temporal would have got. */
  signals: { applicationId: string; event: RiskosEvent }[];
}

export interface RigOptions extends Authentication {
  limits?: Partial<ServerLimits>;
  trustedProxies?: string[];
  fetch?: Fetch;
  /** What Temporal does; takes every signal unless given. */
  signal?: Signaller['signal'];
}

/** A relay whose Temporal is a list; closed when the test ends. */
export async function startRig(options: RigOptions = {}): Promise<Rig> {
  const { limits, trustedProxies = [], fetch, signal, ...given } = options;
  const logger = keepingLogger();
  const signals: Rig['signals'] = [];
  const relay = await createRelayServer({
    authenticator: createAuthenticator(
      Object.keys(given).length > 0 ? given : { bearerTokens: [token] },
      fetch,
    ),
    signaller: {
      signal: async (applicationId, event) => {
        signals.push({ applicationId, event });
        return signal ? signal(applicationId, event) : 'signalled';
      },
      settled: () => Promise.resolve(),
    },
    ready: () => Promise.resolve(true),
    limits: { ...defaultLimits, ...limits },
    trustedProxies,
    logger,
  });
  const url = await relay.listen({ host: '127.0.0.1', port: 0 });
  onTestFinished(() => relay.close());
  return { relay, url, lines: logger.lines, signals };
}

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/** Sends an event of ours with the right token, but for what is given. */
export async function send(
  url: string,
  more: {
    path?: string;
    method?: 'POST' | 'GET' | 'HEAD' | 'PUT' | 'OPTIONS';
    headers?: Record<string, string | undefined>;
    data?: Record<string, unknown>;
    body?: string | Buffer | null;
  } = {},
): Promise<Answer> {
  const { path = '/webhooks/riskos', method = 'POST', data = { id: ours, eval_id: 'e-1' } } = more;
  const made = makeDelivery({ type: 'bearer', token }, { event_type: 'evaluation_completed', data });
  const headers = Object.entries({ ...made.headers, ...more.headers }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] as const],
  );
  const body = more.body === undefined ? made.body : more.body;
  const answer = await request(`${url}${path}`, {
    method,
    headers: Object.fromEntries(headers),
    ...(body === null || method === 'GET' || method === 'HEAD' ? {} : { body }),
  });
  return { status: answer.statusCode, headers: answer.headers, body: await answer.body.text() };
}

/** A series of the relay's metrics, such as `candidate_funnel_webhook_refusals_total{reason="too_slow"}`. */
export async function metric(url: string, series: string): Promise<number> {
  const answer = await request(`${url}/metrics`);
  const line = (await answer.body.text()).split('\n').find((one) => one.startsWith(`${series} `));
  if (line === undefined) throw new Error(`there is no series ${series}`);
  return Number(line.slice(series.length));
}

export function refusals(url: string, reason: string): Promise<number> {
  return metric(url, `candidate_funnel_webhook_refusals_total{reason="${reason}"}`);
}

/** A connection that is open, and what it has received; destroyed when the test ends. */
export async function open(
  url: string,
  localAddress = '127.0.0.1',
): Promise<{ socket: Socket; received: () => string; ended: Promise<void> }> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), localAddress });
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk.toString('latin1');
  });
  socket.on('error', () => {});
  const ended = new Promise<void>((resolve) => {
    socket.once('close', () => resolve());
  });
  onTestFinished(() => void socket.destroy());
  await new Promise<void>((resolve) => {
    socket.once('connect', resolve).once('close', resolve);
  });
  return { socket, received: () => text, ended };
}

/** Sends these bytes and resolves with all that came back once the other side has closed. */
export async function exchange(url: string, bytes: string | Buffer): Promise<string> {
  const { socket, received, ended } = await open(url);
  socket.write(bytes);
  await ended;
  return received();
}

export function head(length: number | 'chunked', authorization = `Bearer ${token}`): string {
  const size = length === 'chunked' ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`;
  return `POST /webhooks/riskos HTTP/1.1\r\nHost: relay\r\n${authorization ? `Authorization: ${authorization}\r\n` : ''}${size}\r\n\r\n`;
}
