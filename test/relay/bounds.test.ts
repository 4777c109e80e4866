import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { exchange, head, metric, open, ours, refusals, send, startRig } from './support.ts';

const quick = { headerTime: 200, bodyTime: 200, requestTime: 400, refusalTime: 100 } as const;

/** A byte every few milliseconds until the other side closes. */
async function drip(socket: Socket): Promise<void> {
  while (!socket.destroyed) {
    socket.write('x');
    await setTimeout(10);
  }
}

describe('a sender that is slow', () => {
  test('without a token does not hold its connection: 200 of them are gone, and others are answered meanwhile', async () => {
    const { url, signals } = await startRig({
      limits: { ...quick, headerTime: 60_000, requestTime: 60_000 },
    });
    const slow = await Promise.all(Array.from({ length: 200 }, () => open(url)));
    for (const { socket } of slow) {
      socket.write(head(1_000_000, ''));
      void drip(socket);
    }
    expect((await send(url)).status).toBe(200);
    await Promise.all(slow.map(({ ended }) => ended));
    expect(slow.every(({ received }) => received().startsWith('HTTP/1.1 401'))).toBe(true);
    expect(signals).toHaveLength(1);
    expect(await refusals(url, 'no_credentials')).toBe(200);
  });

  test.each<[string, string, number, number]>([
    ['its headers', 'POST /webhooks/riskos HTTP/1.1\r\nX-Slow: ', 408, 1],
    ['its first line', 'POST /webhooks/riskos', 408, 1],
    ['its body, with the right token', head(1000), 408, 1],
    ['its chunked body, with the right token', `${head('chunked')}ffff\r\n`, 408, 1],
    ['its body, with a wrong token', head(1000, 'Bearer wrong-token-wrong-token'), 401, 0],
    ['the body of a GET', 'GET /livez HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n', 200, 1],
  ])('with %s is answered and cut off', async (_what, beginning, status, counted) => {
    const { url, signals } = await startRig({ limits: quick });
    const { socket, received, ended } = await open(url);
    socket.write(beginning);
    void drip(socket);
    await ended;
    expect(received()).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(signals).toEqual([]);
    expect(await refusals(url, 'too_slow')).toBe(counted);
  });

  test('that sends nothing at all is cut off', async () => {
    const { url } = await startRig({ limits: quick });
    const { ended } = await open(url);
    await ended;
    expect(await refusals(url, 'too_slow')).toBe(1);
  });
});

describe('what is too large', () => {
  const big = JSON.stringify({ data: { id: ours }, notes: 'x'.repeat(1024 * 1024) });

  test.each<[string, string | Buffer, Record<string, string>]>([
    ['a body', big, {}],
    ['a body that gzip makes small', gzipSync(big), { 'content-encoding': 'gzip' }],
  ])('%s, is refused and not unpacked further', async (_what, body, headers) => {
    const { url, signals } = await startRig();
    expect((await send(url, { body, headers })).status).toBe(413);
    expect(await refusals(url, 'too_large')).toBe(1);
    expect(signals).toEqual([]);
  });

  test('headers, are refused', async () => {
    const { url } = await startRig();
    const answer = await exchange(url, `POST / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1.1 431 /);
    expect(await refusals(url, 'headers_too_large')).toBe(1);
  });

  test('as deep as a megabyte allows, harms nobody: only the surface is looked at', async () => {
    const { url, signals } = await startRig();
    const depth = 400_000;
    const body = `{"event_id":"e-1","event_type":"x","data":{"id":"${ours}"},"deep":${'['.repeat(depth)}${']'.repeat(depth)}}`;
    expect((await send(url, { body })).status).toBe(200);
    expect(signals).toHaveLength(1);
  });
});

describe('connections', () => {
  test('are closed after a refusal, and kept after a delivery', async () => {
    const { url } = await startRig();
    expect((await send(url)).headers['connection']).toBe('keep-alive');
    expect((await send(url, { path: '/elsewhere' })).headers['connection']).toBe('close');
    expect(await exchange(url, head(0, ''))).toMatch(/connection: close/i);
  });

  test('are limited', async () => {
    const { url } = await startRig({ limits: { connections: 3 } });
    const many = await Promise.all(Array.from({ length: 3 }, () => open(url)));
    const { ended } = await open(url);
    await ended;
    many[0]?.socket.destroy();
    await expect.poll(() => refusals(url, 'too_many_connections').catch(() => 0)).toBeGreaterThanOrEqual(1);
  });

  test('of one address are limited, and leave room for others', async () => {
    const { url } = await startRig({ limits: { connectionsPerAddress: 5 } });
    const many = await Promise.all(Array.from({ length: 8 }, () => open(url, '127.0.0.2')));
    await Promise.all(many.slice(5).map(({ ended }) => ended));
    expect(many.slice(0, 5).every(({ socket }) => !socket.destroyed)).toBe(true);
    expect((await send(url)).status).toBe(200);
    expect(await refusals(url, 'too_many_connections_of_address')).toBe(3);
    for (const { socket } of many) socket.destroy();
    await expect.poll(() => metric(url, 'candidate_funnel_relay_connections')).toBeLessThanOrEqual(5);
    const { socket } = await open(url, '127.0.0.2');
    expect(socket.destroyed).toBe(false);
  });

  test('of a trusted proxy are not counted against it', async () => {
    const { url } = await startRig({
      limits: { connectionsPerAddress: 2 },
      trustedProxies: ['127.0.0.2/32'],
    });
    const many = await Promise.all(Array.from({ length: 6 }, () => open(url, '127.0.0.2')));
    expect((await send(url)).status).toBe(200);
    expect(many.every(({ socket }) => !socket.destroyed)).toBe(true);
  });
});

test('requests that do not wait for answers are cut off before their answers fill the memory', async () => {
  const { url } = await startRig();
  const answer = await exchange(url, 'GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(1500));
  expect(answer.match(/HTTP\/1.1 200/g)?.length ?? 0).toBeLessThanOrEqual(10);
  expect(await refusals(url, 'too_many_requests')).toBe(1);
});

describe('requests of one address are limited', () => {
  const limits = { requestsPerSecond: 1 };
  const burst = async (url: string, forwarded: (nth: number) => string) => {
    const statuses: number[] = [];
    for (let nth = 0; nth < 12; nth++) {
      statuses.push((await send(url, { headers: { 'x-forwarded-for': forwarded(nth) } })).status);
    }
    return statuses.filter((status) => status === 429).length;
  };

  test('with 429, whatever X-Forwarded-For says: nobody is trusted unless configured', async () => {
    const { url, signals } = await startRig({ limits });
    expect(await burst(url, (nth) => `192.0.2.${nth}`)).toBe(2);
    expect(await refusals(url, 'too_many_requests')).toBe(2);
    expect(signals).toHaveLength(10);
    const answer = await send(url);
    expect(answer.headers['retry-after']).toBe('5');
  });

  test('by the address that a trusted proxy has seen', async () => {
    const { url } = await startRig({ limits, trustedProxies: ['127.0.0.0/8'] });
    expect(await burst(url, (nth) => `192.0.2.${nth}`)).toBe(0);
    expect(await burst(url, (nth) => `198.51.100.${nth}, 203.0.113.7`)).toBe(2);
    expect(await burst(url, (nth) => `2001:db8::${nth}`)).toBe(2);
  });

  test('but for the health checks', async () => {
    const { url } = await startRig({ limits });
    for (let nth = 0; nth < 30; nth++)
      expect((await send(url, { path: '/livez', method: 'GET' })).status).toBe(200);
  });
});

describe('under load', () => {
  test('what is in flight is limited: 503 at once, and room again afterwards', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { url, signals } = await startRig({
      limits: { inFlight: 2 },
      signal: () => held.then(() => 'signalled'),
    });
    const first = [send(url), send(url)];
    await expect.poll(() => signals.length).toBe(2);
    const third = await send(url);
    expect([third.status, third.headers['retry-after']]).toEqual([503, '5']);
    release();
    expect((await Promise.all(first)).map(({ status }) => status)).toEqual([200, 200]);
    expect((await send(url)).status).toBe(200);
    expect(await refusals(url, 'too_many_in_flight')).toBe(1);
  });

  test('503 while the event loop lags, but for the health checks; and 200 again afterwards', async () => {
    const { url } = await startRig({ limits: { eventLoopDelay: 20 } });
    const load = { busy: true };
    const block = async () => {
      while (load.busy) {
        const end = performance.now() + 200;
        while (performance.now() < end);
        await setTimeout(0);
      }
    };
    const blocking = block();
    await expect.poll(async () => (await send(url)).status).toBe(503);
    expect((await send(url, { path: '/livez', method: 'GET' })).status).toBe(200);
    load.busy = false;
    await blocking;
    await expect.poll(async () => (await send(url)).status).toBe(200);
    expect(await refusals(url, 'overloaded')).toBeGreaterThan(0);
  });
});

describe('close', () => {
  test('finishes what is under way, and takes nothing new', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    const { url, relay, signals } = await startRig({ signal: () => held.then(() => 'signalled') });
    const underWay = send(url);
    await expect.poll(() => signals.length).toBe(1);
    const closing = relay.close();
    await expect.poll(async () => (await open(url)).socket.destroyed).toBe(true);
    release();
    expect((await underWay).status).toBe(200);
    await closing;
  });

  test('cuts off within its limit whoever does not end: bodies, headers, idle and unread', async () => {
    const { url, relay } = await startRig({ limits: { drainTime: 200 } });
    const clients = await Promise.all(Array.from({ length: 20 }, () => open(url)));
    for (const [nth, { socket }] of clients.entries()) {
      const beginnings = [head(1000), 'POST /webhooks/riskos HT', head(1000, ''), ''];
      socket.write(beginnings[nth % 4] ?? '');
      if (nth % 4 < 3) void drip(socket);
    }
    await send(url);
    await relay.close();
    await Promise.all(clients.map(({ ended }) => ended));
    expect(clients.every(({ socket }) => socket.destroyed)).toBe(true);
  });
});

test('nothing says which framework answers', async () => {
  const { url } = await startRig();
  const answers = await Promise.all([
    send(url),
    send(url, { path: '/elsewhere' }),
    send(url, { path: '/%zz' }),
    send(url, { body: '{' }),
    send(url, { headers: { 'content-type': 'no type' }, body: '[]' }),
    send(url, { path: '/livez', method: 'GET' }),
  ]);
  for (const { headers, body } of answers) {
    expect(JSON.stringify([headers, body])).not.toMatch(
      /fastify|FST_|x-powered-by|"server"|statusCode|Route /i,
    );
  }
  expect(await exchange(url, 'no http\r\n\r\n')).toBe(
    'HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n',
  );
});

test.each<[string, string, number]>([
  ['headers_too_large', `POST / HTTP/1.1\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
  ['not_http', 'no http\r\n\r\n', 400],
  ['too_slow', 'POST /webhooks/riskos HTTP/1.1\r\nX-Slow: ', 408],
])(
  '%s after a good request on the same connection is answered and counted too',
  async (reason, bytes, status) => {
    const { url, signals } = await startRig({ limits: quick });
    const { socket, received, ended } = await open(url);
    const body = JSON.stringify({ event_id: 'e-1', event_type: 'x', data: { id: ours } });
    socket.write(`${head(body.length)}${body}`);
    await expect.poll(received).toMatch(/^HTTP\/1.1 200 [^]*signalled/);
    socket.write(bytes);
    await ended;
    expect(received()).toMatch(new RegExp(`signalled"}HTTP/1.1 ${status} `));
    expect(await refusals(url, reason)).toBe(1);
    expect(signals).toHaveLength(1);
  },
);

test.each([
  ['at once', (socket: Socket) => socket.resetAndDestroy()],
  ['after its answer', (socket: Socket) => socket.once('data', () => socket.resetAndDestroy())],
])('a CONNECT whose sender resets the connection %s ends no process', async (_when, reset) => {
  const { url, signals } = await startRig();
  for (let nth = 0; nth < 20; nth += 1) {
    const { socket, ended } = await open(url);
    socket.write('CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n', () => reset(socket));
    await ended;
  }
  await expect.poll(() => refusals(url, 'wrong_method')).toBe(20);
  await expect.poll(() => metric(url, 'candidate_funnel_relay_connections')).toBeLessThanOrEqual(2);
  expect((await send(url)).status).toBe(200);
  expect(signals).toHaveLength(1);
});

test('senders that are gone before anybody looks at them are counted as such, and not as faults of the relay', async () => {
  const { url } = await startRig();
  const { hostname, port } = new URL(url);
  const resets = Array.from({ length: 100 }, async () => {
    const socket = connect({ host: hostname, port: Number(port) });
    socket.on('error', () => {});
    socket.write(head(0, ''), () => socket.resetAndDestroy());
    await once(socket, 'close');
  });
  await Promise.all(resets);
  await expect.poll(() => refusals(url, 'client_gone')).toBeGreaterThan(0);
  expect(await refusals(url, 'failed')).toBe(0);
});

test('a connection that breaks in the middle of a body is counted, and harms nobody', async () => {
  const { url, signals } = await startRig();
  const { socket } = await open(url);
  socket.write(`${head(1000)}{`);
  await expect.poll(() => metric(url, 'candidate_funnel_webhooks_in_flight')).toBe(1);
  socket.resetAndDestroy();
  await once(socket, 'close');
  await expect.poll(() => refusals(url, 'client_gone')).toBe(1);
  expect((await send(url)).status).toBe(200);
  expect(signals).toHaveLength(1);
});
