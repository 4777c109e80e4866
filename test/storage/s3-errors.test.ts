import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { proxyFor } from '../../src/storage/s3/client.ts';
import { openStorage, readObject, type StorageProblem } from '../../src/storage/index.ts';
import { serve } from '../support/serve.ts';
import { impatientStorageAt, storageAt } from './s3-at.ts';

// The SDK waits between its tries for a random part of what it may wait: here for none.
beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0));
afterEach(() => vi.unstubAllEnvs());

/** A store that answers every request the same way. */
async function answering(status: number, code: string, body = `<Error><Code>${code}</Code></Error>`) {
  let requests = 0;
  const served = await serve(async (incoming, outgoing) => {
    requests += 1;
    for await (const _ of incoming);
    outgoing.writeHead(status, { 'content-type': 'application/xml', date: new Date().toUTCString() });
    outgoing.end(incoming.method === 'HEAD' ? '' : body);
  });
  return { storage: storageAt(served), requests: () => requests };
}

test.each<[number, string, StorageProblem]>([
  [403, 'AccessDenied', 'StorageDenied'],
  [403, 'InvalidAccessKeyId', 'StorageDenied'],
  [403, 'SignatureDoesNotMatch', 'StorageDenied'],
  [403, '', 'StorageDenied'],
  [404, 'NoSuchBucket', 'StorageMissing'],
  [400, 'AuthorizationHeaderMalformed', 'StorageMissing'],
  [403, 'RequestTimeTooSkewed', 'StorageClockSkewed'],
  [503, 'SlowDown', 'StorageUnavailable'],
  [500, 'InternalError', 'StorageUnavailable'],
  [501, 'NotImplemented', 'StorageUnsupported'],
  [507, 'InsufficientStorage', 'StorageFull'],
])('HTTP %s %s is %s for each verb, and names no credential', async (status, code, type) => {
  const { storage } = await answering(status, code, code === '' ? '' : undefined);
  const refusal = {
    name: 'StorageError',
    type,
    message: expect.not.stringMatching(/id-of-the-tests|secret-of/),
  };
  async function* body() {
    yield Buffer.from('x');
  }
  // At once: each waits for the tries of its own.
  await Promise.all([
    expect(storage.putIfAbsent('a', Buffer.from('x'))).rejects.toMatchObject(refusal),
    expect(storage.get('a')).rejects.toMatchObject(refusal),
    expect(storage.tryOut()).rejects.toMatchObject({ name: 'StorageError' }),
    expect(storage.putIfAbsent('b', body())).rejects.toMatchObject(refusal),
  ]);
});

test('412 means that the object exists; 409 is tried again', async () => {
  const taken = await answering(412, 'PreconditionFailed');
  expect(await taken.storage.putIfAbsent('a', Buffer.from('x'))).toBe('exists');
  expect(taken.requests()).toBe(1);
  const conflict = await answering(409, 'ConditionalRequestConflict');
  await expect(conflict.storage.putIfAbsent('a', Buffer.from('x'))).rejects.toMatchObject({
    type: 'StorageUnavailable',
  });
  expect(conflict.requests()).toBeGreaterThan(3);
});

test('a store that ignores the condition of a put is refused', async () => {
  const { storage } = await answering(200, '', '');
  await expect(storage.tryOut()).rejects.toMatchObject({
    type: 'StorageUnsupported',
    message: expect.stringContaining('conditional put'),
  });
});

test('a store that takes a request and never answers is unavailable, after a few tries', async () => {
  let requests = 0;
  const silent = await serve(async () => {
    requests += 1;
    await new Promise<never>(() => undefined);
  });
  const storage = impatientStorageAt(silent);
  await expect(storage.get('a')).rejects.toMatchObject({ type: 'StorageUnavailable' });
  await expect(storage.putIfAbsent('a', Buffer.from('x'))).rejects.toMatchObject({
    type: 'StorageUnavailable',
  });
  expect(requests).toBeGreaterThan(2);
});

test('a store that stops in the middle of an object is unavailable', async () => {
  const stalled = await serve(async (_incoming, outgoing) => {
    outgoing.writeHead(200, { 'content-length': 100 });
    outgoing.write('half');
    await new Promise<never>(() => undefined);
  });
  const storage = impatientStorageAt(stalled);
  await expect(readObject(storage, 'a', 1000)).rejects.toMatchObject({ type: 'StorageUnavailable' });
});

test('a store that nobody reaches is unavailable', async () => {
  const { storage } = await answering(200, '');
  const { port } = await closedPort();
  const gone = openStorage(`s3://bucket?endpoint=http://127.0.0.1:${port}&region=us-east-1`, {});
  await expect(gone.get('a')).rejects.toMatchObject({ type: 'StorageUnavailable' });
  storage.close();
});

async function closedPort(): Promise<{ port: string }> {
  const served = await serve(() => Promise.reject(new Error('this one is not asked')));
  await served.close();
  return { port: new URL(served.url).port };
}

test.each([
  ['https://s3.example.com', { HTTPS_PROXY: 'http://proxy:1' }, 'http://proxy:1'],
  [
    'https://s3.example.com',
    { https_proxy: 'http://proxy:1', HTTPS_PROXY: 'http://other:1' },
    'http://proxy:1',
  ],
  ['https://s3.example.com', { HTTP_PROXY: 'http://proxy:1' }, undefined],
  ['http://s3.example.com', { HTTP_PROXY: 'http://proxy:1' }, 'http://proxy:1'],
  [
    'https://s3.example.com',
    { HTTPS_PROXY: 'http://proxy:1', NO_PROXY: 'localhost, .example.com' },
    undefined,
  ],
  ['https://s3.example.com', { HTTPS_PROXY: 'http://proxy:1', NO_PROXY: '*' }, undefined],
  ['https://s3.example.com', { HTTPS_PROXY: 'http://proxy:1', NO_PROXY: 'xample.com' }, 'http://proxy:1'],
  ['https://s3.example.com', {}, undefined],
])('the proxy for %s with %o is %s', (address, env, expected) => {
  expect(proxyFor(address, env)).toBe(expected);
});
