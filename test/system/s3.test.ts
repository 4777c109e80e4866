import { createHash, randomBytes } from 'node:crypto';
import { createServer, connect, type Server } from 'node:net';
import {
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  PutObjectLegalHoldCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  createArchiveKey,
  openArchive,
  openImages,
  readArchived,
  surveyArchive,
} from '../../src/archive/index.ts';
import { findingsOf, removeFinding } from '../../src/cli/images/findings.ts';
import { openStorage, readObject, type Storage } from '../../src/storage/index.ts';
import { because, ref } from '../archive/fixture.ts';
import { hostileZips } from '../archive/hostile-zips.ts';
import { goodZip, paths } from '../archive/zips.ts';
import { listed, storageContract } from '../storage/contract.ts';
import { serve } from '../support/serve.ts';
import { createBuckets, credentials, newPlaceIn, type S3Server, startS3Server } from './versitygw.ts';

let server: S3Server;
let admin: S3Client;

beforeAll(async () => {
  server = await startS3Server();
  admin = server.admin;
  await createBuckets(server);
});
afterAll(() => server.stop());

const urlIn = (bucket: string, endpoint = server.endpoint) => newPlaceIn(bucket, endpoint);

function open(url: string, env: Record<string, string> = {}): Storage {
  vi.stubEnv('AWS_ACCESS_KEY_ID', credentials.accessKeyId);
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', credentials.secretAccessKey);
  const storage = openStorage(url, env);
  onTestFinished(() => {
    storage.close();
    vi.unstubAllEnvs();
  });
  return storage;
}

describe.each(['plain', 'versioned', 'locked'])('a storage in a bucket (%s)', (bucket) => {
  storageContract(() => Promise.resolve(open(urlIn(bucket))));
});

describe('a storage in S3', () => {
  test('sends SHA-256 checksums', async () => {
    const url = urlIn('plain');
    await open(url).putIfAbsent('a', Buffer.from('x'));
    const Key = `${new URL(url).pathname.slice(1)}/a`;
    const head = await admin.send(new HeadObjectCommand({ Bucket: 'plain', Key, ChecksumMode: 'ENABLED' }));
    expect(head.ChecksumSHA256).toBe(createHash('sha256').update('x').digest('base64'));
  });

  test('deletes old versions, delete markers and unfinished uploads of a key, and of no other', async () => {
    const url = urlIn('versioned');
    const storage = open(url);
    const Key = `${new URL(url).pathname.slice(1)}/a`;
    const Bucket = 'versioned';
    for (const Body of ['one', 'two']) await admin.send(new PutObjectCommand({ Bucket, Key, Body }));
    await admin.send(new DeleteObjectCommand({ Bucket, Key }));
    await admin.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    await storage.putIfAbsent('a.b', Buffer.from('other'));
    expect(await storage.get('a')).toBeUndefined();
    expect(await listed(storage, '')).toHaveLength(5);
    expect(await storage.delete('a')).toBe(4);
    expect(await listed(storage, '')).toEqual(['a.b']);
  });

  test('respects a legal hold, and removes nothing under it', async () => {
    const url = urlIn('locked');
    const storage = open(url);
    const Key = `${new URL(url).pathname.slice(1)}/a`;
    const hold = (Status: 'ON' | 'OFF') =>
      admin.send(new PutObjectLegalHoldCommand({ Bucket: 'locked', Key, LegalHold: { Status } }));
    await storage.putIfAbsent('a', Buffer.from('held'));
    await hold('ON');
    expect(await storage.held('a')).toBe(true);
    await expect(storage.delete('a')).rejects.toMatchObject({ type: 'StorageHeld' });
    expect(await readObject(storage, 'a', 10)).toEqual(Buffer.from('held'));
    await hold('OFF');
    expect(await storage.held('a')).toBe(false);
    expect(await storage.delete('a')).toBe(1);
  });

  test('names a bucket that is gone, and credentials that are wrong', async () => {
    await expect(open(urlIn('gone')).tryOut()).rejects.toMatchObject({ type: 'StorageMissing' });
    const storage = open(urlIn('plain'));
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'another');
    await expect(storage.tryOut()).rejects.toMatchObject({ type: 'StorageDenied' });
    await expect(open(urlIn('plain')).tryOut()).resolves.toEqual([]);
  });

  test('rides out a store that answers 503 twice', async () => {
    let requests = 0;
    const flaky = await serve(async (incoming, outgoing) => {
      requests += 1;
      if (requests <= 2) {
        outgoing.writeHead(503).end('<Error><Code>SlowDown</Code></Error>');
        return;
      }
      outgoing.writeHead(404, { 'content-type': 'application/xml' });
      outgoing.end('<Error><Code>NoSuchKey</Code></Error>');
      for await (const _ of incoming);
    });
    onTestFinished(() => flaky.close());
    expect(await open(urlIn('plain', flaky.url)).get('a')).toBeUndefined();
    expect(requests).toBe(3);
  });

  test('goes through the proxy that the environment names', async () => {
    const asked: string[] = [];
    const proxy = await tunnel(asked);
    const storage = open(urlIn('plain'), { HTTP_PROXY: proxy.url });
    await storage.putIfAbsent('a', Buffer.from('x'));
    expect(await readObject(storage, 'a', 10)).toEqual(Buffer.from('x'));
    expect(asked).toContain(`CONNECT ${new URL(server.endpoint).host}`);
  });
});

/** A proxy that knows CONNECT alone. */
async function tunnel(asked: string[]): Promise<{ url: string }> {
  const proxy: Server = createServer((client) => {
    client.once('data', (head) => {
      const [method = '', target = ''] = head.toString('latin1').split(' ');
      asked.push(`${method} ${target}`);
      const [host = '', port = ''] = target.split(':');
      const through = connect(Number(port), host, () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n');
        client.pipe(through).pipe(client);
      });
      for (const socket of [client, through]) socket.on('error', () => {});
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => new Promise<void>((resolve) => void proxy.close(() => resolve()).unref()));
  const address = proxy.address();
  if (typeof address !== 'object' || address === null) throw new Error('the proxy does not listen');
  return { url: `http://127.0.0.1:${address.port}` };
}

describe.each(['plain', 'versioned', 'locked'])('an archive in a bucket (%s)', (bucket) => {
  const front = randomBytes(9 * 1024 * 1024);
  const back = randomBytes(1000);

  test('stores, opens, holds, releases and deletes, with nothing left but the record', async () => {
    const { identity, recipient } = await createArchiveKey();
    const url = urlIn(bucket);
    const storage = open(url);
    const archive = openArchive({ url, recipients: [recipient] });
    const zip = await goodZip({ [paths.front]: front, [paths.back]: back });
    const all = await Promise.all([1, 2, 3].map(() => archive.store({ ...ref, zip })));
    expect(new Set(all.map((stored) => JSON.stringify(stored))).size).toBe(1);
    const { manifest } = await readArchived(storage, ref);
    const files = [];
    if (manifest) for await (const { bytes } of openImages(storage, manifest, identity)) files.push(bytes);
    expect(front.equals(files[0] ?? back) && back.equals(files[1] ?? front)).toBe(true);

    await archive.hold(ref, because);
    await expect(archive.remove(ref, because)).rejects.toMatchObject({ type: 'ArchiveHeld' });
    await archive.release(ref, because);
    await archive.remove(ref, because);
    expect(await listed(storage, '')).toEqual([`${ref.applicationId}/${ref.evaluationId}/deleted.json`]);
    expect(await archive.store({ ...ref, zip })).toEqual({ kind: 'deleted' });
    const survey = [];
    for await (const each of surveyArchive(storage)) survey.push(each);
    expect(survey).toMatchObject([{ ...ref, objects: 1, unaccounted: [], deleted: because }]);
    archive.close();
  });

  test('keeps nothing of a ZIP that is refused halfway', async () => {
    const { recipient } = await createArchiveKey();
    const url = urlIn(bucket);
    const storage = open(url);
    const archive = openArchive({ url, recipients: [recipient] });
    for (const reason of ['checksum_mismatch', 'size_mismatch', 'damaged']) {
      const hostile = hostileZips.find((known) => known.reason === reason);
      await expect(archive.store({ ...ref, zip: hostile?.zip ?? back })).rejects.toMatchObject({ reason });
    }
    expect(await listed(storage, '')).toEqual([]);
    archive.close();
  });
});

test('a legal hold in the bucket forbids the deletion of an archive, and nothing of it is removed', async () => {
  const { recipient } = await createArchiveKey();
  const url = urlIn('locked');
  const storage = open(url);
  const archive = openArchive({ url, recipients: [recipient] });
  await archive.store({ ...ref, zip: await goodZip({ [paths.front]: Buffer.from('front') }) });
  const { manifest } = await readArchived(storage, ref);
  const name = `${ref.applicationId}/${ref.evaluationId}/${manifest?.run}/document_front-1.bin.age`;
  const hold = (Status: 'ON' | 'OFF') =>
    admin.send(
      new PutObjectLegalHoldCommand({
        Bucket: 'locked',
        Key: `${new URL(url).pathname.slice(1)}/${name}`,
        LegalHold: { Status },
      }),
    );
  await hold('ON');
  const keys = await listed(storage, '');
  await expect(archive.remove(ref, because)).rejects.toMatchObject({ type: 'ArchiveHeld' });
  expect(await listed(storage, '')).toEqual(keys);
  await hold('OFF');
  expect(await archive.remove(ref, because)).toMatchObject({ removed: 2 });
  archive.close();
});

test('a sweep takes old versions and unfinished uploads of images that are kept, and leaves the images', async () => {
  const { identity, recipient } = await createArchiveKey();
  const url = urlIn('versioned');
  const storage = open(url);
  const archive = openArchive({ url, recipients: [recipient] });
  const front = Buffer.from('front');
  await archive.store({ ...ref, zip: await goodZip({ [paths.front]: front }) });
  const kept = await listed(storage, '');
  const root = new URL(url).pathname.slice(1);
  for (const key of kept) {
    const object = { Bucket: 'versioned', Key: `${root}/${key}` };
    const bytes = await readObject(storage, key, 10_000);
    await admin.send(new PutObjectCommand({ ...object, Body: bytes }));
    await admin.send(new CreateMultipartUploadCommand(object));
  }
  expect(await listed(storage, '')).toHaveLength(3 * kept.length);

  const later = new Date(Date.now() + 48 * 3_600_000);
  for await (const each of surveyArchive(storage)) {
    for (const finding of findingsOf(each, true, later)) {
      expect(await removeFinding(storage, finding, because, () => later)).toBe(true);
    }
  }
  expect((await listed(storage, '')).toSorted()).toEqual(kept.toSorted());
  const { manifest } = await readArchived(storage, ref);
  const files = [];
  if (manifest)
    for await (const { bytes } of openImages(storage, manifest, identity)) files.push(Buffer.from(bytes));
  expect(files).toEqual([front]);
  archive.close();
});
