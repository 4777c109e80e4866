import * as fc from 'fast-check';
import { Pool } from 'undici';
import { describe, expect, test } from 'vitest';
import { exchange, open } from '../relay/support.ts';
import { ask, refusals, sealed, startRig, testCipher } from './support.ts';
import { codePoint } from '../support/code-point.ts';

describe('requests are limited', () => {
  const burst = async (url: string, token: string) => {
    const statuses: number[] = [];
    for (let nth = 0; nth < 12; nth++) statuses.push((await ask(url, { token })).status);
    return statuses.filter((status) => status === 429).length;
  };

  test('by identity, wherever it asks from; another has its own share', async () => {
    const rig = await startRig({ limits: { requestsPerSecondOfIdentity: 1 } });
    expect(await burst(rig.url, await rig.token())).toBe(2);
    // A new token of the same person is no new share.
    expect(await burst(rig.url, await rig.token('codec-all', { jti: 'another' }))).toBe(12);
    expect(await burst(rig.url, await rig.token('codec-all', { sub: 'grace' }))).toBe(2);
    expect(await refusals(rig.url, 'too_many_requests')).toBe(16);
  });

  test('by address, before any token is looked at', async () => {
    const rig = await startRig({ limits: { requestsPerSecond: 1 } });
    expect(await burst(rig.url, 'a.b.c')).toBe(2);
    expect(await refusals(rig.url, 'jwt_invalid')).toBe(10);
    for (let nth = 0; nth < 30; nth++) expect((await fetch(`${rig.url}/livez`)).status).toBe(200);
  });

  test('in flight: 503 at once, and room again afterwards', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let opening = 0;
    const rig = await startRig({
      limits: { inFlight: 2 },
      cipher: {
        ...testCipher,
        open: async (payload, namespace) => {
          opening += 1;
          await held;
          return testCipher.open(payload, namespace);
        },
      },
    });
    const token = await rig.token();
    const first = [1, 2].map(() => ask(rig.url, { token, payloads: [sealed(1)] }));
    await expect.poll(() => opening).toBe(2);
    const third = await ask(rig.url, { token, payloads: [sealed(1)] });
    expect([third.status, third.reason]).toEqual([503, 'too_many_in_flight']);
    release();
    expect((await Promise.all(first)).map(({ status }) => status)).toEqual([200, 200]);
    expect((await ask(rig.url, { token, payloads: [sealed(1)] })).status).toBe(200);
  });
});

describe('no more keys are read once a request is abandoned', () => {
  const many = Array.from({ length: 200 }, (_, nth) => sealed(nth, { workflowId: `funnel-${nth}` }));

  test('after the first that cannot be had', async () => {
    let reads = 0;
    const rig = await startRig({
      cipher: {
        ...testCipher,
        open: async () => {
          reads += 1;
          return 'key_store_unavailable';
        },
      },
    });
    const answer = await ask(rig.url, { token: await rig.token(), payloads: many });
    expect([answer.status, answer.reason]).toEqual([503, 'key_store_unavailable']);
    expect(reads).toBeLessThanOrEqual(8);
  });

  test('after the request was given up', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let reads = 0;
    const rig = await startRig({
      limits: { keyTime: 50 },
      cipher: {
        ...testCipher,
        open: async (payload, namespace) => {
          reads += 1;
          await held;
          return testCipher.open(payload, namespace);
        },
      },
    });
    const token = await rig.token();
    expect((await ask(rig.url, { token, payloads: many })).reason).toBe('key_store_unavailable');
    release();
    expect((await ask(rig.url, { token, payloads: [sealed('next')] })).values).toEqual(['next']);
    expect(reads).toBeLessThanOrEqual(9);
  });
});

describe('a sender that is slow is cut off', () => {
  const quick = { headerTime: 200, bodyTime: 200, requestTime: 400, refusalTime: 100 };

  test('with its body, with and without a token', async () => {
    const rig = await startRig({ limits: quick });
    for (const [token, status] of [
      [await rig.token(), 408],
      ['a.b.c', 401],
    ] as const) {
      const head = `POST /decode HTTP/1.1\r\nHost: x\r\nX-Namespace: default\r\nAuthorization: Bearer ${token}\r\nContent-Length: 1000\r\n\r\n{`;
      expect(await exchange(rig.url, head)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    }
  });

  test('with its headers, or when it sends nothing at all', async () => {
    const rig = await startRig({ limits: quick });
    for (const beginning of ['POST /dec', '']) {
      const { socket, ended } = await open(rig.url);
      socket.write(beginning);
      await ended;
    }
    expect(await refusals(rig.url, 'too_slow')).toBe(2);
  });
});

test('close finishes what is under way, and ends', async () => {
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  let opening = false;
  const rig = await startRig({
    cipher: {
      ...testCipher,
      open: async (payload, namespace) => {
        opening = true;
        await held;
        return testCipher.open(payload, namespace);
      },
    },
  });
  const underWay = ask(rig.url, { token: await rig.token(), payloads: [sealed('done')] });
  await expect.poll(() => opening).toBe(true);
  const closing = rig.close();
  release();
  expect((await underWay).values).toEqual(['done']);
  await closing;
});

test('3,000 bodies that nobody should send: no crash, no fault, nothing decoded that was not sent', async () => {
  const rig = await startRig({
    limits: { requestsPerSecond: 1_000_000, requestsPerSecondOfIdentity: 1_000_000, eventLoopDelay: 60_000 },
  });
  const token = await rig.token();
  const anything = fc.jsonValue({ maxDepth: 4 });
  const base64 = fc.oneof(
    fc.base64String({ maxLength: 40 }),
    fc.string({ unit: codePoint, maxLength: 40 }),
    fc.constantFrom('', 'YmluYXJ5L3Rlc3Q=', 'anNvbi9wbGFpbg==', '===='),
  );
  const name = fc.oneof(
    fc.constantFrom('encoding', 'workflow', 'purpose', 'fails', '__proto__', 'constructor', 'toString'),
    fc.string({ maxLength: 10 }),
  );
  const payload = fc.record(
    {
      metadata: fc.oneof(
        { weight: 4, arbitrary: fc.dictionary(name, base64) },
        { weight: 1, arbitrary: anything },
      ),
      data: fc.oneof({ weight: 4, arbitrary: base64 }, { weight: 1, arbitrary: anything }),
      externalPayloads: anything,
      ['__proto__']: anything,
    },
    { requiredKeys: [] },
  );
  const body = fc.oneof(
    fc.record({ payloads: fc.array(payload, { maxLength: 5 }) }).map((value) => JSON.stringify(value)),
    fc.record({ payloads: anything }).map((value) => JSON.stringify(value)),
    anything.map((value) => JSON.stringify(value)),
    fc.string({ unit: codePoint, maxLength: 200 }),
  );
  const pool = new Pool(rig.url, { connections: 20 });
  const statuses: Record<string, number> = {};
  const path = fc.constantFrom('/decode', '/encode?workflowId=funnel-a');
  const bodies = fc.sample(fc.tuple(path, body), { numRuns: 3000, seed: 20_261_126 }).values();
  await Promise.all(
    Array.from({ length: 20 }, async () => {
      for (const [to, sent] of bodies) {
        const answer = await pool.request({
          path: to,
          method: 'POST',
          headers: { authorization: `Bearer ${token}`, 'x-namespace': 'default' },
          body: sent,
        });
        await answer.body.dump();
        statuses[answer.statusCode] = (statuses[answer.statusCode] ?? 0) + 1;
      }
    }),
  );
  await pool.close();
  // Only a machine too busy to measure itself is asked again.
  expect(statuses['503'] ?? 0).toBe(await refusals(rig.url, 'overloaded'));
  expect(Object.keys(statuses).filter((status) => status !== '503')).toEqual(['200', '400']);
  for (const reason of ['not_json', 'not_payloads'])
    expect(await refusals(rig.url, reason)).toBeGreaterThan(100);
  expect((await ask(rig.url, { token, payloads: [sealed('x')] })).values).toEqual(['x']);
});
