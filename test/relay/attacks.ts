import { connect, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { fuzz, type Fuzzed } from './fuzz.ts';

interface Target {
  url: string;
  /** A right token, for what has to get past the lock; never sent with the target's id. */
  token: string;
  /** The evaluationId of a funnel. */
  evaluationId: string;
  /** Requests of the fuzz. */
  count: number;
  /** Sockets that are held at the same time. */
  sockets: number;
  seed: number;
}

type Attack = (target: Target) => Promise<Fuzzed>;

/** By what is tried. Each resolves only when the relay has answered or cut off everything. */
export const attacks: Record<string, Attack> = {
  fuzz: ({ evaluationId, ...rest }) => fuzz({ ...rest, target: evaluationId }),
  'slow headers': (target) => hold(target, 'POST /webhooks/riskos HTTP/1.1\r\nX-Slow: '),
  'slow body without a token': (target) => hold(target, request(target, { length: 1_000_000 })),
  'slow body with a token': (target) => hold(target, request(target, { length: 1_000_000, token: true })),
  'slow chunks': (target) => hold(target, `${request(target, { token: true })}fffff\r\n`),
  'nothing at all': (target) => hold(target, ''),
  'answers that nobody reads': (target) =>
    hold(target, `${'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(50)}POST / HTTP/1.1\r\nX: `),
  'guessed tokens': (target) =>
    each(target, guesses(target.token), (guess) => request(target, { length: 0, authorization: guess })),
  'a body of 8 MiB': (target) =>
    each(target, [8], (size) => {
      const body = Buffer.alloc(size * 1024 * 1024, 0x20);
      return Buffer.concat([Buffer.from(request(target, { length: body.length, token: true })), body]);
    }),
  'gzip that unpacks to 64 MiB': (target) =>
    each(target, [1, 2, 3, 4], () => {
      const body = gzipSync(Buffer.alloc(64 * 1024 * 1024, 0x20));
      const encoded = request(target, {
        length: body.length,
        token: true,
        more: 'Content-Encoding: gzip\r\n',
      });
      return Buffer.concat([Buffer.from(encoded), body]);
    }),
  'depth of 500,000': (target) =>
    each(target, ['[', '{"a":'], (opening) => {
      const body = opening.repeat(500_000).slice(0, 1024 * 1024);
      return `${request(target, { length: body.length, token: true })}${body}`;
    }),
  'smuggled second request': (target) => {
    const body = JSON.stringify({ event_id: 's', event_type: 'x', data: { id: target.evaluationId } });
    const inner = `POST /webhooks/riskos HTTP/1.1\r\nHost: x\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
    const both = `Content-Length: 5\r\nTransfer-Encoding: chunked\r\n`;
    const twice = `Content-Length: 0\r\nContent-Length: ${inner.length}\r\n`;
    return each(
      target,
      [both, twice, 'Transfer-Encoding: xchunked\r\n', 'Transfer-Encoding: chunked, identity\r\n'],
      (more) => {
        return `${request(target, { token: true, more, bare: true })}0\r\n\r\n${inner}`;
      },
    );
  },
  'forged X-Forwarded-For': (target) =>
    each(
      target,
      Array.from({ length: 50 }, (_, nth) => nth),
      (nth) =>
        request(target, {
          length: 0,
          more: `X-Forwarded-For: 192.0.2.${nth}, 127.0.0.1\r\nForwarded: for=127.0.0.1\r\n`,
        }),
    ),
  'other methods and paths': (target) =>
    each(
      target,
      ['CONNECT x:1', 'TRACE /', 'OPTIONS *', 'GET /../../etc/passwd', 'GET /%00', 'PUT /webhooks/riskos'],
      (line) => `${line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`,
    ),
  'a reset after the first line': ({ url, sockets }) =>
    tally(
      Array.from({ length: sockets }, async (_, nth) => {
        const { socket, answered } = dial(url);
        const method = nth % 2 === 0 ? 'CONNECT x:1' : 'POST /webhooks/riskos';
        socket.write(`${method} HTTP/1.1\r\nHost: x\r\n\r\n`, () => socket.resetAndDestroy());
        return answered;
      }),
    ),
};

interface RequestOptions {
  length?: number;
  token?: boolean;
  authorization?: string;
  more?: string;
  /** Without a length or an encoding of its own. */
  bare?: boolean;
}

/** The head of a delivery. */
function request({ token }: Target, options: RequestOptions): string {
  const { length, authorization = options.token ? `Bearer ${token}` : undefined, more = '' } = options;
  const size = length === undefined ? 'Transfer-Encoding: chunked' : `Content-Length: ${length}`;
  return [
    'POST /webhooks/riskos HTTP/1.1\r\nHost: relay\r\n',
    authorization === undefined ? '' : `Authorization: ${authorization}\r\n`,
    options.bare ? '' : `${size}\r\n`,
    `${more}\r\n`,
  ].join('');
}

function guesses(token: string): string[] {
  const nearly = Array.from(
    { length: token.length },
    (_, at) => `${token.slice(0, at)}~${token.slice(at + 1)}`,
  );
  return [...nearly, token.slice(1), `${token}${token}`, token.toUpperCase(), ''].map(
    (guess) => `Bearer ${guess}`,
  );
}

/** Sends each on a connection of its own. */
async function each<T>(
  target: Target,
  all: readonly T[],
  bytesOf: (one: T) => string | Buffer,
): Promise<Fuzzed> {
  return tally(
    all.map((one) => {
      const { socket, answered } = dial(target.url);
      socket.write(bytesOf(one));
      return answered;
    }),
  );
}

/** Opens many connections, and sends a byte now and then until the relay cuts them off. */
async function hold({ url, sockets }: Target, beginning: string): Promise<Fuzzed> {
  return tally(
    Array.from({ length: sockets }, async () => {
      const { socket, answered } = dial(url);
      socket.write(beginning);
      while (!socket.destroyed) {
        if (beginning !== '') socket.write('x');
        await setTimeout(100);
      }
      return answered;
    }),
  );
}

/** The status of the first answer, 0 for none, once the connection has ended. */
function dial(url: string): { socket: Socket; answered: Promise<number> } {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) });
  let answer = '';
  socket.on('data', (chunk) => {
    if (answer.length < 20) answer += chunk.toString('latin1', 0, 20);
  });
  socket.on('error', () => {});
  const answered = new Promise<number>((resolve) => {
    socket.once('close', () => resolve(Number(/^HTTP\/1.1 (\d{3})/.exec(answer)?.[1] ?? 0)));
  });
  return { socket, answered };
}

async function tally(answers: Promise<number>[]): Promise<Fuzzed> {
  const statuses: Record<string, number> = {};
  for (const status of await Promise.all(answers)) statuses[status] = (statuses[status] ?? 0) + 1;
  return { sent: answers.length, statuses };
}
