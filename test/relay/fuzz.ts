import { connect } from 'node:net';
import * as fc from 'fast-check';
import { Pool } from 'undici';
import { codePoint } from '../support/code-point.ts';

export interface Fuzzed {
  sent: number;
  /** How often each status was answered; 0 where the connection was closed without one. */
  statuses: Record<string, number>;
}

export interface FuzzOptions {
  url: string;
  /** A right token: some of what is sent is authorised, and then never of a funnel. */
  token: string;
  /** The evaluationId of an open funnel: what is sent of it is never authorised. */
  target: string;
  count: number;
  seed: number;
}

const concurrency = 40;

/**
 * Sends what nobody should send: a third bytes that are hardly HTTP, a third odd headers, a third odd JSON. None of it may
 * signal a funnel. Resolves when each has been answered or cut off.
 */
export async function fuzz({ url, token, target, count, seed }: FuzzOptions): Promise<Fuzzed> {
  const statuses: Record<string, number> = {};
  const tally = (status: number) => {
    statuses[status] = (statuses[status] ?? 0) + 1;
  };
  const third = Math.ceil(count / 3);
  const raw = fc.sample(fc.oneof(brokenRequest(target), noise), { numRuns: third, seed });
  const headed = fc.sample(oddHeaders(token, target), { numRuns: third, seed });
  const bodies = fc.sample(oddJson, { numRuns: count - 2 * third, seed });

  await atOnce([...raw, ...headed], async (bytes) => tally(await sendBytes(url, bytes)));
  const pool = new Pool(url, { connections: concurrency });
  await atOnce(bodies, async (body) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
    const answer = await pool.request({ path: '/webhooks/riskos', method: 'POST', headers, body });
    await answer.body.dump();
    tally(answer.statusCode);
  });
  await pool.close();
  return { sent: count, statuses };
}

const noise = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes));

/** A request of a funnel without a token, with some of its bytes changed, cut off or doubled. */
function brokenRequest(target: string): fc.Arbitrary<Buffer> {
  const body = JSON.stringify({ event_id: 'fuzz', event_type: 'evaluation_completed', data: { id: target } });
  const request = Buffer.from(
    `POST /webhooks/riskos HTTP/1.1\r\nHost: relay\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
  );
  const position = fc.nat(request.length - 1);
  const change = fc.tuple(position, fc.nat(255));
  return fc
    .tuple(fc.array(change, { maxLength: 6 }), position, fc.constantFrom('keep', 'cut', 'double'))
    .map(([changes, at, what]) => {
      const bytes = Buffer.from(request);
      for (const [index, value] of changes) bytes[index] = value;
      if (what === 'cut') return bytes.subarray(0, at);
      return what === 'double' ? Buffer.concat([bytes, bytes.subarray(at)]) : bytes;
    });
}

/** Well-formed but odd: headers that contradict each other, are doubled, too long or of another purpose. */
function oddHeaders(token: string, target: string): fc.Arbitrary<Buffer> {
  const text = fc.string({ maxLength: 60 }).map((value) => value.replaceAll(/[\r\n]/g, ''));
  const credentials = fc.oneof(
    fc.constantFrom(
      'Bearer',
      'Bearer ',
      `Bearer ${token.slice(1)}`,
      `bearer ${token}x`,
      'Basic Og==',
      'Negotiate x',
    ),
    text,
    text.map((value) => `Bearer ${value}.${value}.${value}`),
  );
  const header = fc.oneof(
    fc.tuple(fc.constant('Authorization'), credentials),
    fc.tuple(
      fc.constantFrom(
        'Content-Type',
        'Content-Encoding',
        'Transfer-Encoding',
        'Content-Length',
        'Expect',
        'Upgrade',
        'Connection',
        'Host',
        'X-Forwarded-For',
        'Forwarded',
        'Accept-Version',
        'Cookie',
        'X-HTTP-Method-Override',
        'Range',
      ),
      fc.oneof(
        text,
        fc.constantFrom(
          'gzip',
          'chunked',
          '100-continue',
          'websocket',
          'close',
          '-1',
          '1e9',
          '99999999999999999999',
          '[]',
          '::1',
        ),
      ),
    ),
    fc.tuple(fc.stringMatching(/^[A-Za-z-]{1,20}$/), text),
  );
  const line = fc.tuple(
    fc.constantFrom(
      'POST',
      'POST',
      'POST',
      'GET',
      'HEAD',
      'PUT',
      'OPTIONS',
      'PROPFIND',
      'TRACE',
      'CONNECT',
      'post',
    ),
    fc.oneof(
      fc.constant('/webhooks/riskos'),
      fc.constantFrom(
        '/webhooks/riskos/',
        '//webhooks//riskos',
        '/webhooks/riskos?a=%',
        '/%zz',
        '*',
        'http://x/webhooks/riskos',
        '/../metrics',
      ),
      fc.webPath(),
    ),
    fc.constantFrom('HTTP/1.1', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'HTTP/0.9'),
  );
  const body = JSON.stringify({ event_id: 'fuzz', event_type: 'x', data: { id: target } });
  return fc.tuple(line, fc.array(header, { maxLength: 8 })).map(([parts, headers]) => {
    const lines = headers.map(([name, value]) => `${name}: ${value}`);
    return Buffer.from([parts.join(' '), ...lines, '', body].join('\r\n'), 'latin1');
  });
}

/** JSON that an event could be, of nobody's evaluation, and JSON that none could be; sometimes no JSON at all. */
const anything = fc.jsonValue({ maxDepth: 4 });
const nearly = fc.record(
  {
    event_id: fc.oneof(fc.uuid(), fc.string({ unit: codePoint }), anything),
    event_type: fc.oneof(fc.constantFrom('evaluation_completed', 'case_notes_added', '__proto__'), anything),
    event_at: fc.oneof(
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      anything,
    ),
    data: fc.oneof(
      anything,
      fc.record(
        {
          id: fc.oneof(
            fc.uuid(),
            fc.constantFrom('a~b~c~d', '~~~', 'app~0123abcd~review~0', 'verify-ping1'),
            anything,
          ),
          eval_id: anything,
          reviewer_id: fc.oneof(fc.constant('Webhook'), anything),
          notes: fc.oneof(fc.constantFrom('Session Complete', 'constructor'), anything),
          environment_name: anything,
        },
        { requiredKeys: [] },
      ),
    ),
    ['__proto__']: anything,
    constructor: anything,
  },
  { requiredKeys: [] },
);
const oddJson = fc.oneof(
  nearly.map((value) => JSON.stringify(value)),
  anything.map((value) => JSON.stringify(value)),
  fc.string({ unit: codePoint, maxLength: 200 }),
);

/** The status of the answer, 0 for none. */
function sendBytes(url: string, bytes: Buffer): Promise<number> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect({ host: hostname, port: Number(port) });
    socket.on('data', (chunk) => {
      answer += chunk.toString('latin1', 0, 20);
    });
    socket.on('error', () => {});
    socket.once('close', () => resolve(Number(/^HTTP\/1.1 (\d{3})/.exec(answer)?.[1] ?? 0)));
    socket.end(bytes);
  });
}

async function atOnce<T>(all: readonly T[], work: (one: T) => Promise<void>): Promise<void> {
  const rest = all.values();
  await Promise.all(
    Array.from({ length: concurrency }, async () => {
      for (const one of rest) await work(one);
    }),
  );
}
