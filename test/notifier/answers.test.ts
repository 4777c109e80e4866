import { createServer as createTlsServer, type Server as TlsServer } from 'node:tls';
import { readFileSync } from 'node:fs';
import { Webhook } from 'standardwebhooks';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Notice, NoticeProblem } from '../../src/contract/index.ts';
import { dispatcherOfSettings } from '../../src/network.ts';
import { createNotifier, NotifyError, type NotifierOptions } from '../../src/notifier/index.ts';
import { freePort, startAnswering, startRiskos, startTcp } from '../riskos/support/server.ts';
import { deletedImages } from '../support/images.ts';
import { createProxy } from '../support/proxy.ts';

const secret = `whsec_${Buffer.alloc(32, 'a').toString('base64')}`;
const other = `whsec_${Buffer.alloc(32, 'b').toString('base64')}`;

function noticeWith(count: number, id = 'app-1~0a1b2c3d~notice~1'): Notice {
  const data = { ...deletedImages, count };
  return { id, timestamp: '2026-03-02T10:00:00.000Z', type: 'images.changed', data };
}

const notice = noticeWith(3);
const now = (): Date => new Date('2026-03-02T10:00:00.000Z');

function notifierOf(url: string, options: Partial<NotifierOptions> = {}) {
  return createNotifier({ url, secrets: [secret], timeout: 2000, now, ...options });
}

async function failureOf(sending: Promise<void>): Promise<NotifyError> {
  const error: unknown = await sending.then(
    () => new Error('it was taken'),
    (reason: unknown) => reason,
  );
  if (error instanceof NotifyError) return error;
  throw error;
}

async function answered(status: number, headers: Record<string, string> = {}): Promise<NotifyError> {
  return failureOf(notifierOf(`${(await startAnswering(status, 'secret', headers)).url}/hr`).send(notice));
}

async function listeningTls(server: TlsServer): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  const address = server.address();
  return `https://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
}

const answers = (...statuses: number[]) =>
  statuses.map((status) => [`${status}`, () => answered(status)] as const);
type Case = readonly [what: string, fail: () => Promise<NotifyError>];

/** Every word, whether the notice is sent again, and what leads to it; a new word without a row does not compile. */
const table: Record<NoticeProblem, { retryable: boolean; cases: Case[] }> = {
  Redirected: { retryable: false, cases: answers(300, 301, 302, 303, 307, 308) },
  SignatureRefused: { retryable: false, cases: answers(401, 403) },
  NotFound: { retryable: false, cases: answers(404) },
  Gone: { retryable: false, cases: answers(410) },
  TooLarge: { retryable: false, cases: answers(413) },
  Refused: { retryable: false, cases: answers(400, 402, 405, 406, 415, 422, 451, 499) },
  Busy: { retryable: true, cases: answers(409, 423, 425, 429) },
  ServerError: { retryable: true, cases: answers(500, 501, 502, 503, 504, 599) },
  Unreachable: {
    retryable: true,
    cases: [
      [
        'nobody listens',
        async () => failureOf(notifierOf(`http://127.0.0.1:${await freePort()}`).send(notice)),
      ],
      ['no such name', () => failureOf(notifierOf('http://hr.invalid').send(notice))],
      [
        'the proxy refuses',
        async () => {
          const proxy = await createProxy({});
          onTestFinished(() => proxy.close());
          proxy.status = 407;
          const dispatcher = dispatcherOfSettings({ HTTP_PROXY: proxy.url });
          const error = await failureOf(notifierOf('http://hr.test', { dispatcher }).send(notice));
          expect(error.message).toContain('the proxy answered 407');
          return error;
        },
      ],
    ],
  },
  InsecureConnection: {
    retryable: true,
    cases: [
      [
        'an authority that nobody knows',
        async () => {
          const [cert, key] = ['certificate', 'key'].map((name) =>
            readFileSync(new URL(`../support/tls/${name}.pem`, import.meta.url)),
          );
          const server = createTlsServer({ cert: cert ?? '', key: key ?? '' });
          return failureOf(notifierOf(await listeningTls(server)).send(notice));
        },
      ],
      [
        'no common cipher',
        async () => {
          const server = createTlsServer({});
          server.on('tlsClientError', () => undefined);
          return failureOf(notifierOf(await listeningTls(server)).send(notice));
        },
      ],
      [
        'no TLS',
        async () => {
          const { url } = await startAnswering(200, '');
          return failureOf(notifierOf(url.replace('http:', 'https:')).send(notice));
        },
      ],
    ],
  },
  TimedOut: {
    retryable: true,
    cases: [
      ...answers(408),
      [
        'no answer',
        async () =>
          failureOf(notifierOf((await startTcp(() => undefined)).url, { timeout: 50 }).send(notice)),
      ],
    ],
  },
  ConnectionLost: {
    retryable: true,
    cases: [
      [
        'cut before the answer',
        async () => {
          const server = await startTcp((socket) => socket.once('data', () => socket.destroy()));
          return failureOf(notifierOf(server.url).send(notice));
        },
      ],
    ],
  },
  MalformedAnswer: {
    retryable: true,
    cases: [
      ...answers(600, 999),
      [
        'not HTTP',
        async () => {
          const server = await startTcp((socket) => socket.once('data', () => socket.end('SSH-2.0-x\r\n')));
          return failureOf(notifierOf(server.url).send(notice));
        },
      ],
    ],
  },
  Cancelled: {
    retryable: true,
    cases: [
      [
        'the worker stops',
        async () => failureOf(notifierOf('http://127.0.0.1:1').send(notice, AbortSignal.abort())),
      ],
      [
        'the notifier was closed',
        async () => {
          const notifier = notifierOf('http://127.0.0.1:1');
          await notifier.close();
          return failureOf(notifier.send(notice));
        },
      ],
    ],
  },
};

describe.each(
  Object.entries(table).flatMap(([type, { retryable, cases }]) =>
    cases.map(([what, fail]) => ({ type, retryable, what, fail })),
  ),
)('a notice that fails, $type: $what', ({ type, retryable, fail }) => {
  test(`is sent again: ${retryable}`, async () => {
    const error = await fail();
    expect(error).toMatchObject({ type, retryable });
    expect(error.action).toMatch(/^[^\n]+$/);
    expect(error.message).toMatch(/^[^\n]+$/);
    expect(error.message).not.toContain('secret');
  });
});

describe('a 2xx', () => {
  test.each([200, 201, 202, 204, 299])('counts by its status: %d', async (status) => {
    const receiver = await startAnswering(status, '');
    await notifierOf(receiver.url).send(notice);
    expect(receiver.received).toHaveLength(1);
  });

  const ok = 'HTTP/1.1 200 OK\r\n';
  test.each([
    [
      'that breaks off',
      (write: (text: string) => void, end: () => void) => (write(`${ok}content-length: 99\r\n\r\n{`), end()),
    ],
    ['that never ends', (write: (text: string) => void) => write(`${ok}content-length: 99\r\n\r\n{`)],
    [
      'that is no chunk',
      (write: (text: string) => void) => write(`${ok}transfer-encoding: chunked\r\n\r\nzz\r\n`),
    ],
    [
      'of a gigabyte',
      (write: (text: string) => void) =>
        write(`${ok}content-length: 1000000000\r\n\r\n${'x'.repeat(200_000)}`),
    ],
    [
      'that says "error"',
      (write: (text: string) => void) => write(`${ok}content-length: 17\r\n\r\n{"error":"no way"`),
    ],
  ])('counts whatever its body does, as one %s', async (_, answer) => {
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    onTestFinished(() => void process.off('unhandledRejection', note));
    const server = await startTcp((socket) =>
      socket.once('data', () =>
        answer(
          (text) => socket.write(text),
          () => socket.destroy(),
        ),
      ),
    );
    const notifier = notifierOf(server.url);
    await notifier.send(notice);
    server.cut();
    await notifier.close();
    expect(unhandled).toEqual([]);
  });
});

describe('a redirect', () => {
  test.each([
    ['https://hr.example/hr', 'to https://hr.example, same path'],
    ['/hr/', 'to the same path with a slash at its end'],
    ['/secret-of-somebody', 'to another path'],
    ['https://login.example/?next=secret', 'to https://login.example, another path'],
    ['/hr?secret=1', 'to itself, with another query'],
    ['http://[', 'it does not say where to'],
  ])('is not followed, and named: %s', async (location, words) => {
    const error = await answered(302, { location });
    expect(error.message).toBe(
      `NOTIFY_URL answers with a redirect, which is not followed (HTTP 302): ${words}`,
    );
    expect(error.action).toContain('NOTIFY_URL');
  });

  test('without an address is named too', async () => {
    expect((await answered(301)).message).toContain('it does not say where to');
  });
});

describe('the wait that a receiver asks for', () => {
  test.each([
    [429, '120', 120_000],
    [503, '0', 0],
    [503, 'Mon, 02 Mar 2026 10:05:00 GMT', 300_000],
    [429, '86400', 3_600_000],
    [429, 'soon', undefined],
    [503, '', undefined],
  ])('of a %d is read from "%s"', async (status, value, retryAfter) => {
    const date = 'Mon, 02 Mar 2026 10:00:00 GMT';
    expect((await answered(status, { date, 'retry-after': value })).retryAfter).toBe(retryAfter);
  });
});

describe('what is sent', () => {
  test('is signed with each secret, and verifies with any library', async () => {
    const receiver = await startAnswering(204, '');
    await createNotifier({ url: `${receiver.url}/hr?tenant=1`, secrets: [other, secret] }).send(notice);
    const [received] = receiver.received;
    const headers = Object.fromEntries(
      Object.entries(received?.headers ?? {}).map(([name, value]) => [name, String(value)]),
    );
    for (const one of [secret, other]) {
      expect(new Webhook(one).verify(received?.body ?? '', headers)).toMatchObject({
        type: 'images.changed',
      });
    }
    expect([received?.method, received?.url]).toEqual(['POST', '/hr?tenant=1']);
    expect(received?.body).not.toContain('notice~1');
  });

  test('has an id that is the same each time it is sent again, and never that of another notice', async () => {
    const receiver = await startRiskos((_, response) => response.end());
    const notifier = notifierOf(receiver.url);
    // A reset funnel counts its notices again: the same id of ours, and other content.
    for (const one of [notice, notice, noticeWith(4)]) await notifier.send(one);
    await notifier.send({ ...notice, id: 'app-1~0a1b2c3d~notice~2' });
    const ids = receiver.received.map(({ headers }) => String(headers['webhook-id']));
    expect(ids[0]).toMatch(/^app-1~0a1b2c3d~notice~1~[0-9a-f]{12}$/);
    expect(ids[1]).toBe(ids[0]);
    expect(new Set(ids).size).toBe(3);
  });
});
