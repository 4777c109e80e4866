import {
  ListObjectVersionsCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createArchiveKey, openArchive } from '../../src/archive/index.ts';
import { createPayloadIdentity, type KeyStore, openKeyStore } from '../../src/codec/index.ts';
import { forget } from '../../src/forget/forget.ts';
import { archivedImages } from '../../src/forget/images.ts';
import { openStorage } from '../../src/storage/index.ts';
import { applicationId, evaluationIdOf, fakeWorld, killedAt } from '../forget/world.ts';
import { goodZip, paths } from '../archive/zips.ts';
import { createBuckets, credentials, newPlaceIn, type S3Server, startS3Server } from './versitygw.ts';

let server: S3Server;
let admin: S3Client;

beforeAll(async () => {
  server = await startS3Server();
  admin = server.admin;
  await createBuckets(server);
});
afterAll(() => server.stop());

/** An empty place of its own in a bucket. */
function urlIn(bucket: string): string {
  vi.stubEnv('AWS_ACCESS_KEY_ID', credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey);
  onTestFinished(() => {
    vi.unstubAllEnvs();
  });
  return newPlaceIn(bucket, server.endpoint);
}

function prefixOf(url: string): string {
  return new URL(url).pathname.slice(1);
}

/** Every version and delete marker below the place. */
async function versionsIn(url: string): Promise<string[]> {
  const Bucket = new URL(url).host;
  const Prefix = `${prefixOf(url)}/`;
  const { Versions = [], DeleteMarkers = [] } = await admin.send(
    new ListObjectVersionsCommand({ Bucket, Prefix }),
  );
  return [...Versions, ...DeleteMarkers].map(({ Key = '' }) => Key.slice(Prefix.length)).toSorted();
}

const tombstone = { at: '2026-01-02T03:04:05.000Z', by: 'Mo Ito', reason: 'erasure request 7/2026' };

describe.each(['plain', 'versioned', 'locked'])('a key store in a bucket (%s)', (bucket) => {
  async function keyStore(): Promise<{ url: string; store: KeyStore; another: () => Promise<KeyStore> }> {
    const url = urlIn(bucket);
    const pair = await createPayloadIdentity();
    const { recipient, identity } = pair;
    const store = openKeyStore({ url, recipients: [recipient], identity });
    onTestFinished(() => store.close());
    const another = async () => {
      const next = await createPayloadIdentity();
      const both = `${identity}\n${next.identity}`;
      return openKeyStore({ url, recipients: [next.recipient], identity: both });
    };
    return { url, store, another };
  }

  test('can be used, makes one key for twenty starters, rotates it, and finds it again', async () => {
    const { store, another } = await keyStore();
    await store.tryOut();
    const made = await Promise.all(Array.from({ length: 20 }, () => store.create('app-1')));
    const keyId = made[0]?.keyId;
    expect(new Set(made.map((key) => key.keyId))).toEqual(new Set([keyId]));
    const next = await another();
    expect(await next.rotate('app-1')).toBe('rotated');
    expect(await next.get('app-1')).toMatchObject({ kind: 'found', key: { keyId } });
    await expect(store.get('app-1')).rejects.toMatchObject({ type: 'KeyUnreadable' });
    const listed: string[] = [];
    for await (const id of next.list()) listed.push(id);
    expect(listed).toEqual(['app-1']);
    next.close();
  });

  test('erases a key with all its versions, and leaves the tombstone', async () => {
    const { url, store, another } = await keyStore();
    await store.create('app-1');
    const next = await another();
    await next.rotate('app-1');
    next.close();
    await store.requestErasure('app-1', tombstone);
    await expect(store.create('app-1')).rejects.toMatchObject({ type: 'KeyForgotten' });
    expect(await store.erase('app-1', { ...tombstone })).toEqual(tombstone);
    await store.completeErasure('app-1');
    expect(await versionsIn(url)).toEqual(['tombstones/app-1']);
    expect(await store.get('app-1')).toEqual({ kind: 'forgotten', tombstone });
  });
});

describe('a candidate with images in a bucket', () => {
  const ask = { applicationId, by: 'Mo Ito', reason: 'erasure request 7/2026' };
  const evaluationId = evaluationIdOf(1);

  async function archived(bucket: string) {
    const url = urlIn(bucket);
    const keysUrl = urlIn(bucket);
    const { recipient } = await createArchiveKey();
    const archive = openArchive({ url, recipients: [recipient] });
    await archive.store({
      applicationId,
      evaluationId,
      zip: await goodZip({ [paths.front]: Buffer.from('x') }),
    });
    archive.close();
    const storage = openStorage(url);
    const payload = await createPayloadIdentity();
    const keys = openKeyStore({
      url: keysUrl,
      recipients: [payload.recipient],
      identity: payload.identity,
    });
    onTestFinished(() => {
      storage.close();
      keys.close();
    });
    await keys.create(applicationId);
    // An old version that somebody left beside, where the bucket keeps versions.
    const Key = `${prefixOf(url)}/${applicationId}/${evaluationId}/0123456789abcdef/a.age`;
    const put = (Body: string) => admin.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));
    await put('one');
    await put('two');
    const world = await fakeWorld({ funnel: 'open', images: [], key: false, notices: true });
    const parts = { ...world.parts, keys, images: archivedImages(storage, world.parts.now) };
    return { url, keysUrl, keys, parts, Key };
  }

  /** Every version in both places. */
  const versions = async (url: string, keysUrl: string) => [
    ...(await versionsIn(url)),
    ...(await versionsIn(keysUrl)),
  ];
  const records = [`${applicationId}/${evaluationId}/deleted.json`, `tombstones/${applicationId}`];

  test.each(['plain', 'versioned', 'locked'])(
    '(%s) is forgotten after kills here and there, and no version of an image or a key is left',
    async (bucket) => {
      const { url, keysUrl, parts } = await archived(bucket);
      for (const call of [6, 12, 16, 20, 24]) {
        await forget(killedAt(parts, call, 'after'), ask).catch(() => undefined);
      }
      await forget(parts, ask);
      expect(await versions(url, keysUrl)).toEqual(records);
    },
  );

  test('is not forgotten under a legal hold of the bucket, and is after it', async () => {
    const { url, keysUrl, keys, parts, Key } = await archived('locked');
    const hold = (Status: 'ON' | 'OFF') =>
      admin.send(new PutObjectLegalHoldCommand({ Bucket: 'locked', Key, LegalHold: { Status } }));
    await hold('ON');
    const before = await versions(url, keysUrl);
    await expect(forget(parts, ask)).rejects.toMatchObject({ type: 'ArchiveHeld' });
    expect(await versions(url, keysUrl)).toEqual(before);
    expect(await keys.erasureRequest(applicationId)).toBeUndefined();
    await hold('OFF');
    await forget(parts, ask);
    expect(await versions(url, keysUrl)).toEqual(records);
  });
});
