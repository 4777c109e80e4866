import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  type S3Client,
} from '@aws-sdk/client-s3';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { z } from 'zod';
import { run } from '../support/processes.ts';
import { credentials, type S3Server, startS3Server } from './versitygw.ts';

let server: S3Server;
let bucket: S3Client;
let folder: string;
let env: Record<string, string>;

beforeAll(async () => {
  server = await startS3Server();
  bucket = server.admin;
  await bucket.send(new CreateBucketCommand({ Bucket: 'demo' }));
  folder = await mkdtemp(join(tmpdir(), 'demo-s3-'));
  env = {
    ARCHIVE_URL: `s3://demo/images?endpoint=${server.endpoint}&region=us-east-1`,
    AWS_ACCESS_KEY_ID: credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    TEMPORAL_ADDRESS: inject('temporalAddress'),
  };
});
afterAll(async () => {
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

const candidate = z.object({ applicationId: z.string(), images: z.number(), asExpected: z.literal(true) });
const listed = z.object({
  result: z.string(),
  images: z.number(),
  state: z.string(),
  evaluationId: z.string(),
});
const fetched = z.object({ role: z.string(), contentType: z.string(), path: z.string() });

function linesOf<T>(stdout: string, schema: z.ZodType<T>): T[] {
  return stdout
    .trim()
    .split('\n')
    .map((line) => schema.parse(JSON.parse(line)));
}

async function verb(...args: string[]) {
  const ended = await run(args, env, '', { cwd: folder });
  expect(ended).toMatchObject({ code: 0 });
  return ended;
}

test('the demo against S3 by ARCHIVE_URL alone: its images are listed, and opened with the key that it kept', async () => {
  const demo = await verb('demo', '--json', '--only', 'accept,resubmit-then-accept');
  expect(demo.stderr).toMatch(/Images {11}s3:\/\/demo\/images/);
  expect(demo.stderr).not.toContain('Node');
  const candidates = linesOf(demo.stdout, candidate);
  expect(candidates.map(({ images }) => images)).toEqual([3, 3]);

  for (const { applicationId } of candidates) {
    const [one, ...others] = linesOf((await verb('images', 'list', applicationId, '--json')).stdout, listed);
    expect(others).toEqual([]);
    expect(one).toMatchObject({ result: 'archived', state: 'kept', images: 3 });
    const keyAndFolder = '--identity .data/archive-key.txt --to out --json'.split(' ');
    const fetch = await verb('images', 'fetch', applicationId, ...keyAndFolder);
    const files = linesOf(fetch.stdout, fetched);
    expect(files.map(({ role }) => role).toSorted()).toEqual(['document_back', 'document_front', 'selfie']);
    for (const { path } of files) expect(await beginningOf(path)).toBe('ffd8ff');
    expect(await readdir(join(folder, 'out', one?.evaluationId ?? ''))).toHaveLength(3);
  }

  // What the store has is readable by nobody who has no key.
  const { Contents = [] } = await bucket.send(new ListObjectsV2Command({ Bucket: 'demo' }));
  const images = Contents.filter(({ Key = '' }) => Key.endsWith('.age'));
  expect(images).toHaveLength(6);
  for (const { Key } of images) {
    const { Body } = await bucket.send(new GetObjectCommand({ Bucket: 'demo', Key }));
    expect(await Body?.transformToString('latin1')).toMatch(/^age-encryption\.org\/v1\n/);
  }
}, 180_000);

async function beginningOf(path: string): Promise<string> {
  return (await readFile(path)).subarray(0, 3).toString('hex');
}
