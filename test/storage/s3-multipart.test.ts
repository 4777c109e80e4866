import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { beforeEach, expect, test, vi } from 'vitest';
import type { Storage } from '../../src/storage/index.ts';
import { serve } from '../support/serve.ts';
import { storageAt } from './s3-at.ts';

const mebi = 1024 ** 2;

// The SDK waits between its tries for a random part of what it may wait: here for none.
beforeEach(() => void vi.spyOn(Math, 'random').mockReturnValue(0));

/** What each request is for. */
type Step = 'put' | 'begin' | 'part 1' | 'part 2' | 'part 3' | 'complete' | 'abort';

interface Store {
  storage: Storage;
  steps: Step[];
  /** The bytes of the parts that arrived, in order. */
  parts: Buffer[];
  checksums: (string | string[] | undefined)[];
  conditions: (string | undefined)[];
}

/** A store that answers these steps with an error, and takes everything else. */
async function storeThat(fails: Partial<Record<Step, [status: number, code: string]>> = {}): Promise<Store> {
  const steps: Step[] = [];
  const parts: Buffer[] = [];
  const checksums: Store['checksums'] = [];
  const conditions: Store['conditions'] = [];
  const served = await serve(async (incoming, outgoing) => {
    const body = await buffer(incoming);
    const step = stepOf(incoming.method, new URL(incoming.url ?? '', 'http://store').searchParams);
    steps.push(step);
    const failure = fails[step];
    outgoing.writeHead(failure?.[0] ?? 200, { 'content-type': 'application/xml', etag: '"e"' });
    if (failure) return void outgoing.end(`<Error><Code>${failure[1]}</Code></Error>`);
    if (step.startsWith('part')) {
      parts.push(body);
      checksums.push(incoming.headers['x-amz-checksum-sha256']);
    }
    if (step === 'complete') {
      conditions.push(incoming.headers['if-none-match']);
      return void outgoing.end('<CompleteMultipartUploadResult/>');
    }
    const begun = '<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>';
    outgoing.end(step === 'begin' ? begun : '');
  });
  return { storage: storageAt(served), steps, parts, checksums, conditions };
}

function stepOf(method: string | undefined, query: URLSearchParams): Step {
  if (query.has('uploads')) return 'begin';
  if (!query.has('uploadId')) return 'put';
  if (method === 'DELETE') return 'abort';
  if (method === 'POST') return 'complete';
  return query.get('partNumber') === '1' ? 'part 1' : query.get('partNumber') === '2' ? 'part 2' : 'part 3';
}

const whole = Buffer.concat(Array.from({ length: 17 }, (_, nth) => Buffer.alloc(mebi, nth + 1)));

/** Seventeen MiB, each with bytes of its own, in pieces that fit no part. */
async function* seventeen(): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < whole.length; at += 700_001) yield whole.subarray(at, at + 700_001);
}

test('a large body is stored in parts with their checksums, and only if the key has no object yet', async () => {
  const { storage, steps, parts, checksums, conditions } = await storeThat();
  expect(await storage.putIfAbsent('large', seventeen())).toBe('stored');
  expect(steps).toEqual(['begin', 'part 1', 'part 2', 'part 3', 'complete']);
  expect(parts.map(({ length }) => length / mebi)).toEqual([8, 8, 1]);
  expect(Buffer.concat(parts).equals(whole)).toBe(true);
  expect(checksums).toEqual(parts.map((part) => createHash('sha256').update(part).digest('base64')));
  expect(conditions).toEqual(['*']);
});

test.each([8 * mebi, 0])('a body of %s bytes takes one request', async (size) => {
  const { storage, steps } = await storeThat();
  expect(await storage.putIfAbsent('small', listed([Buffer.alloc(size)]))).toBe('stored');
  expect(steps).toEqual(['put']);
});

test('a body of one part is stored again after a conflict', async () => {
  const { storage, steps } = await storeThat({ put: [409, 'ConditionalRequestConflict'] });
  await expect(storage.putIfAbsent('small', listed([Buffer.from('x')]))).rejects.toMatchObject({
    type: 'StorageUnavailable',
  });
  expect(steps.length).toBeGreaterThan(3);
});

test('a key that got its object meanwhile exists, and the upload is aborted', async () => {
  const { storage, steps } = await storeThat({ complete: [412, 'PreconditionFailed'] });
  expect(await storage.putIfAbsent('large', seventeen())).toBe('exists');
  expect(steps.at(-1)).toBe('abort');
});

test.each<[Step, number, string, string]>([
  ['part 2', 403, 'AccessDenied', 'StorageDenied'],
  ['part 3', 507, 'InsufficientStorage', 'StorageFull'],
  ['complete', 400, 'InvalidPart', 'StorageUnavailable'],
  ['complete', 404, 'NoSuchBucket', 'StorageMissing'],
])('%s answered with %s %s is %s, and the upload is aborted', async (step, status, code, type) => {
  const { storage, steps } = await storeThat({ [step]: [status, code], abort: [403, 'AccessDenied'] });
  await expect(storage.putIfAbsent('large', seventeen())).rejects.toMatchObject({
    name: 'StorageError',
    type,
  });
  expect(steps.at(-1)).toBe('abort');
});

test('an error of the body passes through, and the upload is aborted', async () => {
  const { storage, steps } = await storeThat();
  const damaged = new RangeError('the ZIP is damaged');
  const body = async function* () {
    yield* seventeen();
    throw damaged;
  };
  await expect(storage.putIfAbsent('large', body())).rejects.toBe(damaged);
  expect(steps).toEqual(['begin', 'part 1', 'part 2', 'abort']);
});

test('a body that the store takes no longer is closed', async () => {
  const { storage } = await storeThat({ 'part 1': [403, 'AccessDenied'] });
  let closed = false;
  const endless = async function* () {
    try {
      for (;;) yield Buffer.alloc(mebi);
    } finally {
      closed = true;
    }
  };
  await expect(storage.putIfAbsent('large', endless())).rejects.toMatchObject({ type: 'StorageDenied' });
  await expect.poll(() => closed).toBe(true);
});

async function* listed(pieces: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* pieces;
}
