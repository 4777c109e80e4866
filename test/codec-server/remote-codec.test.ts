import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Payload } from '@temporalio/common';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { remoteCodec, remoteTombstones } from '../../src/client/index.ts';
import {
  ageWrapper,
  createKeyStore,
  createPayloadCodec,
  createPayloadIdentity,
  type KeyStore,
  labelOf,
} from '../../src/codec/index.ts';
import { createKeyCipher } from '../../src/codec/server/key-cipher.ts';
import { clearPayload } from '../../src/contract/index.ts';
import { openStorage } from '../../src/storage/index.ts';
import { type Rig, startRig } from './support.ts';

let store: KeyStore;
let rig: Rig;
beforeEach(async () => {
  const folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-remote-codec-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const { identity, recipient } = await createPayloadIdentity();
  store = createKeyStore(openStorage(pathToFileURL(folder).href), ageWrapper([recipient], identity));
  rig = await startRig({ cipher: createKeyCipher(store) });
});

const context = { type: 'workflow', namespace: 'default', workflowId: 'funnel-app-1' } as const;
const payload = (text: string): Payload => ({
  metadata: { encoding: Buffer.from('json/plain') },
  data: Buffer.from(JSON.stringify(text)),
});
const textOf = ({ data }: Payload) => Buffer.from(data ?? []).toString();

test('a process without keys encrypts through the codec server, and a worker with keys reads it', async () => {
  const remote = remoteCodec({ url: rig.url, token: () => rig.token() });
  const { payload: clear } = clearPayload({ stage: 'review' });
  const encoded = await remote.encode([payload('Robin'), clear, payload('Quill')], context);
  expect(encoded.map((one) => labelOf(one)?.workflowId)).toEqual(['funnel-app-1', undefined, 'funnel-app-1']);
  expect(encoded[1]).toEqual(clear);
  const worker = createPayloadCodec({ keys: store, unreadable: 'throw' });
  const read = await worker.decode(encoded, context);
  expect(read.map(textOf)).toEqual(['"Robin"', '{"stage":"review"}', '"Quill"']);
  expect((await remote.decode(encoded, context)).map(textOf)).toEqual(read.map(textOf));
});

test('asks nobody about what is in clear', async () => {
  const remote = remoteCodec({ url: 'http://127.0.0.1:9' });
  const { payload: clear } = clearPayload({ stage: 'review' });
  expect(await remote.encode([clear], context)).toEqual([clear]);
  expect(await remote.decode([clear, payload('plain')], context)).toEqual([clear, payload('plain')]);
});

test('without an answer refuses to send, and marks what it cannot read', async () => {
  const remote = remoteCodec({ url: rig.url, token: () => rig.token() });
  const [sealed = {}] = await remote.encode([payload('Robin')], context);
  const offline = remoteCodec({ url: 'http://127.0.0.1:9', timeout: 2000 });
  await expect(offline.encode([payload('Robin')], context)).rejects.toMatchObject({ type: 'CodecServer' });
  const read = await offline.decode([sealed, payload('plain')], context);
  expect(read.map(textOf)).toEqual(['{"unreadable":"CodecServer"}', '"plain"']);
});

test('with a token that may not encode sends nothing, and names what to check', async () => {
  const remote = remoteCodec({ url: rig.url, token: 'not-a-token' });
  await expect(remote.encode([payload('Robin')], context)).rejects.toThrow(/answered 401; check CODEC_TOKEN/);
});

test('a process without keys asks who had an application forgotten, and does not take a refusal for a no', async () => {
  const tombstone = { at: '2026-07-01T00:00:00.000Z', by: 'Mo Ito', reason: 'erasure request 7/2026' };
  await store.erase('app-1', tombstone);
  const findForgotten = remoteTombstones({ url: rig.url, token: () => rig.token('codec-status') });
  expect(await findForgotten('app-1')).toEqual(tombstone);
  expect(await findForgotten('app-2')).toBeUndefined();
  const stranger = remoteTombstones({ url: rig.url, token: () => rig.token('nobody') });
  await expect(stranger('app-1')).rejects.toThrow(/answered 403; check CODEC_TOKEN/);
  const offline = remoteTombstones({ url: 'http://127.0.0.1:9', timeout: 2000 });
  await expect(offline('app-1')).rejects.toMatchObject({ type: 'CodecServer' });
});
