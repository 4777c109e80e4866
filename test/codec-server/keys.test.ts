import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import {
  ageWrapper,
  CodecError,
  createKeyStore,
  createPayloadCodec,
  createPayloadIdentity,
  type KeyStore,
} from '../../src/codec/index.ts';
import { createKeyCipher } from '../../src/codec/server/key-cipher.ts';
import { fromWire, toWire, type WirePayload } from '../../src/codec/server/wire.ts';
import { statusPayload } from '../../src/contract/index.ts';
import { openStorage } from '../../src/storage/index.ts';
import { ask, clear, type Rig, startRig } from './support.ts';

let store: KeyStore;
let rig: Rig;
beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-codec-server-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const { identity, recipient } = await createPayloadIdentity();
  store = createKeyStore(openStorage(pathToFileURL(folder).href), ageWrapper([recipient], identity));
  rig = await startRig({ cipher: createKeyCipher(store) });
});

const tombstone = { at: '2026-01-02T03:04:05.000Z', by: 'officer', reason: 'asked' };
const encodePath = '/encode?workflowId=funnel-app-1';

async function encode(
  value: unknown,
  workflowId = 'funnel-app-1',
  payload = clear(value),
): Promise<WirePayload> {
  const answer = await ask(rig.url, {
    path: `/encode?workflowId=${workflowId}`,
    token: await rig.token(),
    payloads: [payload],
  });
  const [encoded] = answer.payloads;
  if (!encoded) throw new Error(answer.body);
  return encoded;
}

async function decode(
  payloads: WirePayload[],
  role = 'codec-all',
  namespace = 'default',
): Promise<unknown[]> {
  const token = await rig.token(role);
  return (await ask(rig.url, { token, payloads, headers: { 'x-namespace': namespace } })).values;
}

/** The same payload with some of its metadata changed. */
function changed(payload: WirePayload, change: Record<string, string>): WirePayload {
  const { metadata, data } = fromWire(payload);
  const more = Object.entries(change).map(([name, value]) => [name, Buffer.from(value)]);
  return toWire({ metadata: { ...metadata, ...Object.fromEntries(more) }, data: data ?? null });
}

/** The private half of a status, as a worker writes it. */
function hidden(value: unknown): WirePayload {
  return toWire(statusPayload(value).payload);
}

describe('with the real keys', () => {
  test('what /encode encrypts, a worker reads, and the server and nobody without a key', async () => {
    const encoded = await encode({ email: 'ada@example.com' });
    expect(JSON.stringify(encoded)).not.toContain('ada@');
    expect(Buffer.from(encoded.data ?? '', 'base64').toString('latin1')).not.toContain('ada@');
    const worker = createPayloadCodec({ keys: store, unreadable: 'throw' });
    const context = { type: 'workflow', namespace: 'default', workflowId: 'funnel-app-1' } as const;
    const [read] = await worker.decode([fromWire(encoded)], context);
    expect(JSON.parse(Buffer.from(read?.data ?? []).toString())).toEqual({ email: 'ada@example.com' });
    expect(await decode([encoded])).toEqual([{ email: 'ada@example.com' }]);
  });

  test('/encode makes one key for an application, however many ask at once, and uses the one that is there', async () => {
    const there = await store.create('app-2');
    const many = await Promise.all(
      Array.from({ length: 12 }, (_, nth) => encode(nth, nth % 2 ? 'funnel-app-1' : 'funnel-app-2')),
    );
    const ids = many.map((payload) => fromWire(payload).metadata?.['encryption-key-id']?.toString());
    expect(new Set(ids).size).toBe(2);
    expect(ids[0]).toBe(there.keyId);
    expect(await decode(many)).toEqual(many.map((_, nth) => nth));
  });

  test('what is encrypted already is not encrypted twice', async () => {
    const encoded = await encode('once');
    expect(await encode('', 'funnel-app-1', encoded)).toEqual(encoded);
  });

  test('decoding makes no key', async () => {
    const encoded = await encode(1);
    expect(await decode([changed(encoded, { 'encryption-workflow-id': 'funnel-app-9' })])).toEqual([
      { unreadable: 'KeyMissing' },
    ]);
    expect(await store.get('app-9')).toEqual({ kind: 'missing' });
  });

  test('a payload that was changed, cut, moved or is of another namespace is refused by name', async () => {
    await store.create('app-2');
    const encoded = await encode('secret');
    const { metadata, data = new Uint8Array() } = fromWire(encoded);
    const bytes = Buffer.from(data ?? []);
    const flipped = Buffer.from(bytes);
    flipped[20] = (flipped[20] ?? 0) ^ 1;
    const bad: [WirePayload, string][] = [
      [toWire({ metadata: metadata ?? {}, data: flipped }), 'PayloadTampered'],
      [toWire({ metadata: metadata ?? {}, data: bytes.subarray(0, 10) }), 'PayloadTampered'],
      [toWire({ metadata: metadata ?? {} }), 'PayloadTampered'],
      [changed(encoded, { 'encryption-workflow-id': 'funnel-app-2' }), 'PayloadTampered'],
      [changed(encoded, { 'encryption-workflow-id': 'images-app-1~x' }), 'PayloadTampered'],
      [changed(encoded, { 'encryption-key-id': '0123456789abcdef' }), 'PayloadTampered'],
      [changed(encoded, { 'encryption-namespace': 'other' }), 'PayloadMisplaced'],
      [changed(encoded, { 'encryption-workflow-id': 'order-1' }), 'NoApplication'],
      [changed(encoded, { encoding: 'binary/encrypted-2' }), 'PayloadUnknown'],
    ];
    const payloads = bad.map(([payload]) => payload);
    expect(await decode([...payloads, encoded])).toEqual([
      ...bad.map(([, unreadable]) => ({ unreadable })),
      'secret',
    ]);
    expect(await decode([encoded], 'codec-all', 'other')).toEqual([{ unreadable: 'PayloadMisplaced' }]);
  });

  test('the role status reads the private half of a status, and no input that is given out as one', async () => {
    const input = await encode('input');
    const status = await encode('', 'funnel-app-1', hidden({ url: 'https://capture' }));
    const disguised = changed(input, { purpose: 'status' });
    expect(await decode([status, input, disguised], 'codec-status')).toEqual([
      { url: 'https://capture' },
      { unreadable: 'NotPermitted' },
      { unreadable: 'PayloadTampered' },
    ]);
  });

  test('a forgotten application is unreadable for good, takes no new key, and others are read', async () => {
    const [gone, other] = [await encode('gone'), await encode('other', 'funnel-app-2')];
    await store.erase('app-1', tombstone);
    // A server that has not read the key in the last minute; the others follow within it.
    rig = await startRig({ cipher: createKeyCipher(store) });
    expect(await decode([gone, other])).toEqual([{ unreadable: 'KeyForgotten' }, 'other']);
    const answer = await ask(rig.url, { path: encodePath, token: await rig.token(), payloads: [clear(1)] });
    expect([answer.status, answer.reason]).toEqual([410, 'forgotten']);
    expect(await store.get('app-1')).toMatchObject({ kind: 'forgotten' });
  });

  test('/tombstone says who had an application forgotten, to every role, and logs who asked', async () => {
    await encode('kept', 'funnel-app-2');
    await store.erase('app-1', tombstone);
    const answers = [];
    for (const role of ['codec-all', 'codec-status']) {
      for (const workflowId of ['funnel-app-1', 'funnel-app-2', 'funnel-app-3']) {
        const path = `/tombstone?workflowId=${workflowId}`;
        const { status, body } = await ask(rig.url, { path, token: await rig.token(role), body: '{}' });
        answers.push([status, JSON.parse(body)]);
      }
    }
    const each = [tombstone, null, null].map((found) => [200, { tombstone: found }]);
    expect(answers).toEqual([...each, ...each]);
    expect(rig.audited.filter(({ audit }) => audit === 'tombstone')).toHaveLength(6);
    expect(rig.audited.at(-3)).toMatchObject({
      who: 'ada',
      role: 'status',
      workflows: ['funnel-app-1'],
    });
    expect(await store.get('app-3')).toEqual({ kind: 'missing' });
  });

  test.each([
    ['/tombstone?workflowId=funnel-app-1', 'nobody', 403, 'no_role'],
    ['/tombstone?workflowId=funnel-app-1', undefined, 401, 'no_token'],
    ['/tombstone', 'codec-status', 400, 'no_workflow_id'],
    ['/tombstone?workflowId=order-1', 'codec-status', 400, 'no_application'],
  ])('%s asked by %s is refused', async (path, role, status, reason) => {
    await store.erase('app-1', tombstone);
    const token = role === undefined ? undefined : await rig.token(role);
    const answer = await ask(rig.url, { path, token, body: '{}' });
    expect([answer.status, answer.reason]).toEqual([status, reason]);
    expect(answer.body).not.toContain(tombstone.by);
    expect(rig.audited.filter(({ audit }) => audit === 'tombstone')).toEqual([]);
  });

  test.each([
    ['KeyStoreUnavailable', 503, 'key_store_unavailable', undefined],
    ['KeyUnreadable', 200, undefined, { unreadable: 'KeyUnreadable' }],
  ] as const)('a store that says %s', async (problem, status, reason, value) => {
    const encoded = await encode('x');
    const failing = () => Promise.reject(new CodecError(problem, 'of the test'));
    rig = await startRig({ cipher: createKeyCipher({ get: failing, create: failing, tombstone: failing }) });
    const token = await rig.token();
    const answer = await ask(rig.url, { token, payloads: [encoded] });
    expect([answer.status, answer.reason, answer.values[0]]).toEqual([status, reason, value]);
    const sealing = await ask(rig.url, { path: encodePath, token, payloads: [clear(1)] });
    expect(sealing.status).toBe(503);
    const asked = await ask(rig.url, { path: '/tombstone?workflowId=funnel-app-1', token, body: '{}' });
    expect(asked.status).toBe(503);
    expect((await fetch(`${rig.url}/readyz`)).status).toBe(503);
  });
});
