import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer as createHttp2Server } from 'node:http2';
import { createServer, type Server } from 'node:net';
import { gzipSync } from 'node:zlib';
import { type Client, Client as TemporalClient } from '@temporalio/client';
import { UnsecuredJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { temporalClient } from '../../src/client/index.ts';
import { createRelay, createTestIssuer, makeDelivery, type RelayOptions } from '../../src/relay/index.ts';
import { deliveryResults } from '../../src/relay/outcome.ts';
import { refusals } from '../../src/relay/refusals.ts';
import { token } from '../support/constants.ts';
import { type Answer, exchange, head, keepingLogger, type LogLine, metric, open, send } from './support.ts';

/** One row of the tables of docs/webhooks.md. */
interface Row {
  situation: string;
  answer: string;
  signals: number;
  counted: string;
  logged: string;
}

const page = await readFile(new URL('../../docs/webhooks.md', import.meta.url), 'utf8');
const rows: Row[] = [...page.matchAll(/^\| (.+?) +\| (\d{3}|–) +\| (\d) +\| `(\w+)` +\| (\w+) +\|$/gm)].map(
  ([, situation = '', answer = '', signals = '', counted = '', logged = '']) => ({
    situation,
    answer,
    signals: Number(signals),
    counted,
    logged,
  }),
);

let temporal: Client;
/** Funnels that no worker runs: what is signalled stays in their histories. */
const openFunnel = `doc-open-${randomUUID().slice(0, 8)}`;
const closedFunnel = `doc-closed-${randomUUID().slice(0, 8)}`;
const idOf = (funnel: string) => `${funnel}~0123abcd~document_verification~1`;
const ours = { id: idOf(openFunnel), eval_id: 'e-1' };

beforeAll(async () => {
  temporal = temporalClient(inject('temporalAddress'));
  for (const funnel of [openFunnel, closedFunnel]) {
    await temporal.workflow.start('candidateFunnel', {
      workflowId: `funnel-${funnel}`,
      taskQueue: 'nobody-works-here',
    });
  }
  await temporal.workflow.getHandle(`funnel-${closedFunnel}`).terminate();
});
afterAll(async () => {
  await temporal.workflow.getHandle(`funnel-${openFunnel}`).terminate();
  await temporal.connection.close();
});

async function signalsInHistory(): Promise<number> {
  const { events } = await temporal.workflow.getHandle(`funnel-${openFunnel}`).fetchHistory();
  return events?.filter((event) => event.workflowExecutionSignaledEventAttributes).length ?? 0;
}

interface Place {
  url: string;
  lines: LogLine[];
}

async function relayWith(options: Partial<RelayOptions> = {}): Promise<Place> {
  const logger = keepingLogger();
  const relay = await createRelay({
    temporal,
    ...(options.oauth2 || options.basicCredentials ? {} : { bearerTokens: [token] }),
    logger,
    ...options,
  });
  onTestFinished(() => relay.close());
  return { url: await relay.listen({ host: '127.0.0.1', port: 0 }), lines: logger.lines };
}

/** What was done, and the status of the answer where there is one. */
type Played = Place & { status: number | undefined };
type Play = () => Promise<Played>;

/** Sends something to a relay of its own. */
function sending(what: Parameters<typeof send>[1], options?: Partial<RelayOptions>): Play {
  return async () => {
    const place = await relayWith(options);
    return { ...place, ...(await send(place.url, what)) };
  };
}

/** Bytes that make the relay close the connection. */
function writing(bytes: string | Buffer, options?: Partial<RelayOptions>): Play {
  return async () => {
    const place = await relayWith(options);
    const answer = await exchange(place.url, bytes);
    return { ...place, status: Number(/^HTTP\/1.1 (\d+)/.exec(answer)?.[1]) };
  };
}

/** With an access token, a right one or not. */
function withJwt(
  make: Parameters<Awaited<ReturnType<typeof createTestIssuer>>['token']>[0] | 'other key',
): Play {
  return async () => {
    const issuer = await createTestIssuer();
    const place = await relayWith({ oauth2: issuer.options, fetch: issuer.fetch });
    const signer = make === 'other key' ? await createTestIssuer() : issuer;
    const accessToken = await signer.token(make === 'other key' ? {} : make);
    return { ...place, ...(await deliver(place.url, accessToken)) };
  };
}

async function deliver(url: string, accessToken: string): Promise<Answer> {
  const { headers } = makeDelivery({ type: 'oauth2', accessToken }, { event_type: 'x', data: ours });
  return send(url, { headers, data: ours });
}

/** With a Temporal of its own, which answers in one way. */
function withTemporal(connect: () => Promise<Client>, deadline = 1000): Play {
  return async () => {
    const client = await connect();
    const place = await relayWith({ temporal: client, deadline });
    onTestFinished(() => client.connection.close());
    return { ...place, ...(await send(place.url, { data: ours })) };
  };
}

/** A gRPC server that answers every call with one status. */
async function grpcAnswering(status: number): Promise<Client> {
  const server = createHttp2Server();
  server.on('stream', (stream) => {
    stream.respond(
      {
        ':status': 200,
        'content-type': 'application/grpc',
        'grpc-status': status,
        'grpc-message': 'of the test',
      },
      { endStream: true },
    );
  });
  return clientOf(server);
}

async function clientOf(server: Server | ReturnType<typeof createHttp2Server>): Promise<Client> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('the server does not listen');
  return temporalClient(`127.0.0.1:${address.port}`, 2);
}

const plays: Record<string, Play> = {
  'of an open funnel': sending({ data: ours }),
  'of an open funnel, of a type that nobody documented': sending({
    body: JSON.stringify({ event_id: randomUUID(), event_type: 'something.New', data: ours }),
  }),
  'of an open funnel, sent twice': async () => {
    const place = await relayWith();
    const { body } = makeDelivery({ type: 'none' }, { event_type: 'reevaluation', data: ours });
    await send(place.url, { body });
    return { ...place, ...(await send(place.url, { body })) };
  },
  'of an evaluation whose POST has not been answered yet': sending({
    data: { id: idOf(openFunnel), eval_id: 'any text — 1/2' },
  }),
  'of an open funnel, without a usable id, type or time of its own': sending({
    body: JSON.stringify({ event_id: null, event_type: 'two words', event_at: 7, data: ours }),
  }),
  'of an open funnel, as gzip': sending({
    headers: { 'content-encoding': 'gzip' },
    body: gzipSync(JSON.stringify({ event_id: randomUUID(), event_type: 'x', data: ours })),
  }),
  'of an open funnel, under another Content-Type, or none': sending({
    headers: { 'content-type': undefined },
    data: ours,
  }),
  'of an open funnel, to `//webhooks//riskos/?x=1`': sending({ path: '//webhooks//riskos/?x=1', data: ours }),
  'of an open funnel, nested 100,000 deep': sending({
    body: `{"deep":${'['.repeat(100_000)}${']'.repeat(100_000)},"data":${JSON.stringify(ours)}}`,
  }),
  'of a closed funnel': sending({ data: { ...ours, id: idOf(closedFunnel) } }),
  'of a funnel that never existed': sending({ data: { ...ours, id: idOf('never-was') } }),
  "of somebody else's evaluation": sending({ data: { id: randomUUID(), eval_id: randomUUID() } }),
  'of an id that is nearly one of ours': sending({ data: { id: `${openFunnel}~0123abcd~nowhere~1` } }),
  'of ids that are numbers, null, objects or odd characters': async () => {
    const place = await relayWith();
    const odd = [7, null, {}, [], 'robin@example.com', '\u0000', 'x'.repeat(5000)];
    const answers = await Promise.all(
      odd.map((id) => send(place.url, { body: JSON.stringify({ event_id: id, data: { id, eval_id: id } }) })),
    );
    expect(answers.map(({ status }) => status)).toEqual(odd.map(() => 200));
    return { ...place, status: 200 };
  },
  'without data': sending({ body: JSON.stringify({ event_id: 'e', event_type: 'x' }) }),
  "the dashboard's test ping": sending({ data: { id: 'verify-ping1', environment_name: '' } }),

  'no credentials': sending({ data: ours, headers: { authorization: undefined } }),
  'credentials of a kind that is not configured': sending({
    data: ours,
    headers: { authorization: `Basic ${Buffer.from(`riskos:${token}`).toString('base64')}` },
  }),
  'a wrong token': sending({ data: ours, headers: { authorization: `Bearer ${token}x` } }),
  'a wrong user name or password': sending(
    { data: ours, headers: { authorization: `Basic ${Buffer.from(`other:${token}`).toString('base64')}` } },
    { basicCredentials: [`riskos:${token}`] },
  ),
  'an access token of another key': withJwt('other key'),
  'an access token without a signature': async () => {
    const issuer = await createTestIssuer();
    const place = await relayWith({ oauth2: issuer.options, fetch: issuer.fetch });
    return { ...place, ...(await deliver(place.url, new UnsecuredJWT({}).encode())) };
  },
  'an access token that has expired': withJwt({ expiresIn: -60 }),
  'an access token of another issuer': withJwt({ issuer: 'https://other.test/' }),
  'an access token for another audience': withJwt({ audience: 'https://other.test/' }),
  'an access token while the JWKS cannot be read': async () => {
    const issuer = await createTestIssuer();
    const place = await relayWith({
      oauth2: issuer.options,
      fetch: () => Promise.reject(new TypeError('down')),
    });
    return { ...place, ...(await deliver(place.url, await issuer.token())) };
  },
  'a body that is not JSON': sending({ body: `{"data":${JSON.stringify(ours)}` }),
  'an empty body': sending({ body: null }),
  'JSON that is no object': sending({
    body: JSON.stringify([{ event_id: 'e', event_type: 'x', data: ours }]),
  }),
  'a body of more than 1 MiB': sending({ data: { ...ours, notes: 'x'.repeat(1024 * 1024) } }),
  'gzip of more than 1 MiB': sending({
    headers: { 'content-encoding': 'gzip' },
    body: gzipSync(JSON.stringify({ data: ours, notes: 'x'.repeat(1024 * 1024) })),
  }),
  'a Content-Encoding other than gzip': sending({ data: ours, headers: { 'content-encoding': 'br' } }),
  'a body that takes longer than 8 seconds': writing(`${head(5000)}{`, { limits: { bodyTime: 100 } }),
  'headers that take longer than 5 seconds': writing('POST /webhooks/riskos HTTP/1.1\r\nX: ', {
    limits: { headerTime: 100 },
  }),
  'headers of more than 16 KiB': writing(`POST / HTTP/1.1\r\nX: ${'x'.repeat(17_000)}\r\n\r\n`),
  'a sender that goes away in the middle of its body': async () => {
    const place = await relayWith();
    const { socket, ended } = await open(place.url);
    socket.write(`${head(1000)}{`);
    await expect.poll(() => metric(place.url, 'candidate_funnel_webhooks_in_flight')).toBe(1);
    socket.destroy();
    await ended;
    return { ...place, status: undefined };
  },
  'what is no HTTP': writing('hello\r\n\r\n'),
  'GET and HEAD': async () => {
    const place = await relayWith();
    const answers = [];
    for (const method of ['GET', 'HEAD'] as const) answers.push(await send(place.url, { method }));
    expect(answers.map(({ status, headers }) => [status, headers['allow']])).toEqual([
      [405, 'POST'],
      [405, 'POST'],
    ]);
    return { ...place, status: 405 };
  },
  'another path': sending({ path: '/webhooks/other', data: ours }),
  'a connection beyond `RELAY_MAX_CONNECTIONS`': async () => {
    const place = await relayWith({ limits: { connections: 1 } });
    const first = await open(place.url);
    await (
      await open(place.url)
    ).ended;
    first.socket.destroy();
    return { ...place, status: undefined };
  },
  'a connection beyond `RELAY_MAX_CONNECTIONS_PER_ADDRESS`': async () => {
    const place = await relayWith({ limits: { connectionsPerAddress: 1 } });
    await open(place.url, '127.0.0.2');
    await (
      await open(place.url, '127.0.0.2')
    ).ended;
    return { ...place, status: undefined };
  },
  'a request beyond `RELAY_REQUESTS_PER_SECOND`': async () => {
    const place = await relayWith({ limits: { requestsPerSecond: 1 } });
    for (let nth = 0; nth < 10; nth++) await send(place.url, { path: '/elsewhere' });
    return { ...place, ...(await send(place.url, { data: ours })) };
  },
  'more than ten unanswered requests on one connection': async () => {
    const place = await relayWith();
    await exchange(place.url, head(0).repeat(20));
    return { ...place, status: undefined };
  },
  'a delivery beyond `RELAY_MAX_IN_FLIGHT`': async () => {
    const place = await relayWith({ limits: { inFlight: 1 } });
    const { socket } = await open(place.url);
    socket.write(`${head(1000)}{`);
    await expect.poll(() => metric(place.url, 'candidate_funnel_webhooks_in_flight')).toBe(1);
    return { ...place, ...(await send(place.url, { data: ours })) };
  },
  'an event loop that lags half a second': async () => {
    const place = await relayWith({ limits: { eventLoopDelay: 0.000_001 } });
    // Below any real delay, so that the first measurement is too much.
    let status = 200;
    await expect
      .poll(async () => (status = (await send(place.url, { data: { id: 'verify-ping1' } })).status))
      .toBe(503);
    return { ...place, status };
  },
  'Temporal refuses connections': withTemporal(() => Promise.resolve(temporalClient('127.0.0.1:1', 2)), 8000),
  'Temporal does not answer within 5 seconds': withTemporal(() => clientOf(createServer(() => {})), 300),
  'Temporal limits the rate': withTemporal(() => grpcAnswering(8), 8000),
  'Temporal does not know the namespace': withTemporal(() =>
    Promise.resolve(
      new TemporalClient({
        connection: temporalClient(inject('temporalAddress')).connection,
        namespace: 'nowhere',
      }),
    ),
  ),
  'Temporal does not permit the signal': withTemporal(() => grpcAnswering(7)),
  'Temporal fails otherwise': withTemporal(() => grpcAnswering(3)),
};

test('every situation of docs/webhooks.md is played, every result and reason is in it', () => {
  expect(rows.map(({ situation }) => situation)).toEqual(Object.keys(plays));
  const counted = new Set(rows.map((row) => row.counted));
  expect([...counted, 'failed'].toSorted()).toEqual(
    [...deliveryResults, ...Object.keys(refusals)].toSorted(),
  );
});

describe('docs/webhooks.md says what happens:', () => {
  test.each(rows)('$situation', async ({ situation, answer, signals, counted, logged }) => {
    const before = await signalsInHistory();
    const { url, lines, status } = (await plays[situation]?.()) ?? { url: '', lines: [], status: 0 };
    expect(status === undefined ? '–' : String(status)).toBe(answer);
    const isResult = deliveryResults.some((result) => result === counted);
    const series = isResult
      ? `candidate_funnel_webhooks_total{result="${counted}"}`
      : `candidate_funnel_webhook_refusals_total{reason="${counted}"}`;
    await expect.poll(() => metric(url, series)).toBeGreaterThanOrEqual(1);
    const line = lines.find(({ fields }) => JSON.stringify(fields).includes(`"${counted}"`));
    expect(line?.level).toBe(logged);
    await expect.poll(async () => (await signalsInHistory()) - before).toBe(signals);
    expect(JSON.stringify(lines)).not.toMatch(new RegExp(`${token}|robin@example|any text`));
  });
});
