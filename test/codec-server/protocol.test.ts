import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { fromWire, toWire } from '../../src/codec/server/wire.ts';
import {
  ask,
  clear,
  payloadsCounted,
  refusals,
  sealed,
  startRig,
  testCipher,
  ui,
  valueOf,
} from './support.ts';

describe('POST /decode', () => {
  test('decodes one payload or many, in their order, and leaves alone what is not encrypted', async () => {
    const rig = await startRig();
    const token = await rig.token();
    expect((await ask(rig.url, { token, payloads: [sealed('one')] })).values).toEqual(['one']);
    const plain = { metadata: { encoding: 'anNvbi9wbGFpbg==', other: 'AA==' }, data: 'eyJhIjoxfQ==' };
    const nothing = { metadata: { encoding: 'YmluYXJ5L251bGw=' } };
    const many = [sealed({ n: 1 }), plain, sealed('three'), nothing, clear(5)];
    const answer = await ask(rig.url, { token, payloads: many });
    expect(answer.status).toBe(200);
    expect(answer.payloads[1]).toEqual(plain);
    expect(answer.payloads[3]).toEqual(nothing);
    expect([0, 2, 4].map((nth) => valueOf(answer.payloads[nth]))).toEqual([{ n: 1 }, 'three', 5]);
    expect(await payloadsCounted(rig.url, 'decoded')).toBe(3);
    expect(await payloadsCounted(rig.url, 'clear')).toBe(3);
  });

  test('a payload that cannot be decoded comes back as a readable marker, and spoils no other', async () => {
    const rig = await startRig();
    const reasons = ['KeyMissing', 'PayloadTampered', 'PayloadMisplaced', 'PayloadUnknown'] as const;
    const payloads = reasons.flatMap((fails) => [sealed('secret', { fails }), sealed(fails)]);
    const answer = await ask(rig.url, { token: await rig.token(), payloads });
    expect(answer.status).toBe(200);
    expect(answer.values).toEqual(reasons.flatMap((reason) => [{ unreadable: reason }, reason]));
    expect(fromWire(answer.payloads[0] ?? {}).metadata).toEqual({ encoding: Buffer.from('json/plain') });
    for (const reason of reasons) expect(await payloadsCounted(rig.url, reason)).toBe(1);
  });

  test('is found under any prefix, with a query, and takes gzip and any Content-Type', async () => {
    const rig = await startRig();
    const token = await rig.token();
    const body = gzipSync(JSON.stringify({ payloads: [sealed('x')] }));
    const sent = [
      { path: '/decode?preserveStorageRefs=true' },
      { path: '/some/prefix/decode/' },
      { headers: { 'content-type': 'text/plain' } },
      { headers: { 'content-encoding': 'gzip' }, body },
    ];
    for (const one of sent) {
      expect((await ask(rig.url, { token, payloads: [sealed('x')], ...one })).values).toEqual(['x']);
    }
  });

  test('with an empty x-namespace, as from Temporal’s CLI, the payload’s own namespace counts', async () => {
    const rig = await startRig();
    const answer = await ask(rig.url, {
      token: await rig.token(),
      headers: { 'x-namespace': '', origin: undefined },
      payloads: [sealed('x')],
    });
    expect(answer.values).toEqual(['x']);
    expect(rig.audited).toMatchObject([{ namespace: null, count: 1 }]);
  });

  test('no payloads are none', async () => {
    const rig = await startRig();
    for (const body of ['{}', '{"payloads":null}', '{"payloads":[]}']) {
      expect(await ask(rig.url, { token: await rig.token(), body })).toMatchObject({
        status: 200,
        payloads: [],
      });
    }
  });
});

describe('POST /encode', () => {
  test('encodes for the workflow that the query or a header names', async () => {
    const rig = await startRig();
    const token = await rig.token();
    const payloads = [clear('a'), clear('b')];
    for (const how of [
      { path: '/encode?workflowId=funnel-app-7' },
      { path: '/encode', headers: { 'x-workflow-id': 'funnel-app-7' } },
    ]) {
      const answer = await ask(rig.url, { token, payloads, ...how });
      expect(answer.payloads).toEqual([
        sealed('a', { workflowId: 'funnel-app-7' }),
        sealed('b', { workflowId: 'funnel-app-7' }),
      ]);
    }
    expect(await payloadsCounted(rig.url, 'encoded')).toBe(4);
  });

  test.each([
    ['/encode', 400, 'no_workflow_id'],
    ['/encode?workflowId=', 400, 'no_workflow_id'],
    ['/encode?workflowId=a%0Ab', 400, 'no_workflow_id'],
    ['/encode?workflowId=order-1', 400, 'no_application'],
  ])('%s is refused', async (path, status, reason) => {
    const rig = await startRig();
    const answer = await ask(rig.url, { path, token: await rig.token(), payloads: [clear(1)] });
    expect([answer.status, answer.reason]).toEqual([status, reason]);
    expect(rig.audited).toEqual([]);
  });
});

describe('what is no request of the protocol is refused by name', () => {
  test.each<[string, Parameters<typeof ask>[1], number, string]>([
    ['another path', { path: '/' }, 404, 'unknown_path'],
    ['a path that is no path', { path: '/%zz' }, 404, 'unknown_path'],
    ['GET', { method: 'GET' }, 405, 'wrong_method'],
    ['PUT', { method: 'PUT' }, 405, 'wrong_method'],
    ['no JSON', { body: '{' }, 400, 'not_json'],
    ['an empty body', { body: '' }, 400, 'not_json'],
    ['no object', { body: '[]' }, 400, 'not_payloads'],
    ['payloads that are no list', { payloads: 7 }, 400, 'not_payloads'],
    ['a payload that is none', { payloads: [sealed(1), null] }, 400, 'not_payloads'],
    ['metadata that is no text', { payloads: [{ metadata: { encoding: 7 } }] }, 400, 'not_payloads'],
    ['data that is no text', { payloads: [{ data: {} }] }, 400, 'not_payloads'],
    [
      'encoding for no namespace',
      { path: '/encode?workflowId=funnel-a', headers: { 'x-namespace': undefined } },
      400,
      'no_namespace',
    ],
    ['an odd namespace', { headers: { 'x-namespace': 'a b' } }, 400, 'no_namespace'],
    ['an encoding that nobody knows', { headers: { 'content-encoding': 'br' } }, 415, 'unknown_encoding'],
    ['a body of 5 MiB', { body: JSON.stringify({ x: 'x'.repeat(5 << 20) }) }, 413, 'too_large'],
    ['1,001 payloads', { payloads: Array.from({ length: 1001 }, () => ({})) }, 413, 'too_many_payloads'],
  ])('%s', async (_what, sent, status, reason) => {
    const rig = await startRig();
    const answer = await ask(rig.url, { token: await rig.token(), ...sent });
    expect([answer.status, answer.reason]).toEqual([status, reason]);
    expect(answer.body).not.toMatch(/at .*\.[jt]s|Error|FST_/);
    expect(await refusals(rig.url, reason)).toBe(1);
    expect(rig.lines).toHaveLength(1);
    expect(rig.audited).toEqual([]);
  });

  test('fields as deep as the size allows harm nobody', async () => {
    const rig = await startRig();
    const deep = `${'['.repeat(300_000)}${']'.repeat(300_000)}`;
    const body = `{"payloads":[{"metadata":{},"data":"AA==","x":${deep},"externalPayloads":${deep}}],"y":${deep}}`;
    expect((await ask(rig.url, { token: await rig.token(), body })).status).toBeLessThan(500);
    const next = async () => (await ask(rig.url, { token: await rig.token(), payloads: [sealed(1)] })).values;
    // A busy machine answers 503 until it has caught up.
    await expect.poll(next).toEqual([1]);
  });
});

describe('CORS', () => {
  test('a preflight of a configured origin is allowed what the UI sends', async () => {
    const rig = await startRig();
    const answer = await ask(rig.url, {
      method: 'OPTIONS',
      headers: {
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'authorization,authorization-extras,content-type,x-namespace',
      },
    });
    expect(answer.status).toBe(204);
    expect(answer.headers).toMatchObject({
      'access-control-allow-origin': ui,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': 'POST',
      vary: 'origin',
    });
    for (const name of ['content-type', 'x-namespace', 'authorization', 'authorization-extras'])
      expect(String(answer.headers['access-control-allow-headers']).split(', ')).toContain(name);
  });

  test('its page can read answers, refusals too', async () => {
    const rig = await startRig();
    const good = await ask(rig.url, { token: await rig.token(), payloads: [sealed(1)] });
    const bad = await ask(rig.url);
    expect([good.status, bad.status]).toEqual([200, 401]);
    for (const { headers } of [good, bad]) expect(headers['access-control-allow-origin']).toBe(ui);
  });

  test.each([
    'https://evil.example',
    'null',
    'http://temporal.example',
    `${ui}.evil.example`,
    `${ui}:443`,
    '',
  ])('a page of %j is refused, also where anyone may ask', async (origin) => {
    const rig = await startRig({ authentication: 'off' });
    for (const method of ['OPTIONS', 'POST'] as const) {
      const answer = await ask(rig.url, { method, headers: { origin }, payloads: [sealed(1)] });
      expect([answer.status, answer.reason]).toEqual([403, 'wrong_origin']);
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
    }
    expect(rig.audited).toEqual([]);
  });

  test('who is no page needs no origin', async () => {
    const rig = await startRig();
    const answer = await ask(rig.url, {
      token: await rig.token(),
      headers: { origin: undefined },
      payloads: [sealed(1)],
    });
    expect(answer.values).toEqual([1]);
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });
});

describe('while the key store is down', () => {
  const payloads = [sealed(1), sealed(2, { fails: 'key_store_unavailable' })];

  test('decoding is answered 503, to be tried again, and nothing is shown or audited', async () => {
    const rig = await startRig();
    const answer = await ask(rig.url, { token: await rig.token(), payloads });
    expect([answer.status, answer.reason]).toEqual([503, 'key_store_unavailable']);
    expect(answer.headers['retry-after']).toBe('5');
    expect(rig.audited).toEqual([]);
    expect(rig.lines).toMatchObject([{ level: 'error', fields: { reason: 'key_store_unavailable' } }]);
  });

  test('encoding is, too, also by a store that does not answer', async () => {
    for (const answerOf of [
      () => Promise.resolve('key_store_unavailable' as const),
      () => new Promise<never>(() => {}),
    ]) {
      const rig = await startRig({ cipher: { ...testCipher, seal: answerOf }, limits: { keyTime: 50 } });
      const answer = await ask(rig.url, {
        path: '/encode?workflowId=funnel-a',
        token: await rig.token(),
        payloads: [clear(1)],
      });
      expect([answer.status, answer.reason]).toEqual([503, 'key_store_unavailable']);
    }
  });

  test('it is not ready', async () => {
    for (const ready of [() => Promise.resolve(false), () => Promise.reject(new Error('no'))]) {
      const rig = await startRig({ cipher: { ...testCipher, ready } });
      expect((await fetch(`${rig.url}/readyz`)).status).toBe(503);
      expect((await fetch(`${rig.url}/livez`)).status).toBe(200);
    }
  });
});

test('a fault of the cipher is answered without a word of it', async () => {
  const open = () => Promise.reject(new Error('secret of the test'));
  const rig = await startRig({ cipher: { ...testCipher, open } });
  const answer = await ask(rig.url, { token: await rig.token(), payloads: [sealed(1)] });
  expect([answer.status, answer.reason]).toEqual([503, 'failed']);
  expect(JSON.stringify([answer, rig.lines])).not.toContain('secret of the test');
});

test('bytes survive the wire, whatever they are', () => {
  const data = Buffer.from(Array.from({ length: 256 }, (_, nth) => nth));
  expect(fromWire(toWire({ metadata: { a: data }, data }))).toEqual({ metadata: { a: data }, data });
  expect(fromWire({ data: '-_8' }).data).toEqual(Buffer.from([0xfb, 0xff]));
});
