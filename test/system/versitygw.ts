import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateBucketCommand, PutBucketVersioningCommand, S3Client } from '@aws-sdk/client-s3';
import getPort from 'get-port';
import { request } from 'undici';
import which from 'which';
import { cachedProgram, goInstall } from './cache.ts';

const version = 'v1.8.0';
const program = `github.com/versity/versitygw/cmd/versitygw@${version}`;

/** A real S3 server on loopback, with versioning and object lock. */
export interface S3Server {
  endpoint: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
  /** With all rights. */
  admin: S3Client;
  stop(): Promise<void>;
}

export const credentials = { accessKeyId: 'id-of-the-tests', secretAccessKey: 'secret-of-the-tests' };

export async function startS3Server(): Promise<S3Server> {
  const { accessKeyId, secretAccessKey } = credentials;
  const binary = await findVersitygw();
  const folder = await mkdtemp(join(tmpdir(), 'versitygw-'));
  await Promise.all(['root', 'versions'].map((name) => mkdir(join(folder, name))));
  const port = await getPort({ host: '127.0.0.1' });
  const child = spawn(
    binary,
    `--port 127.0.0.1:${port} --quiet --access ${accessKeyId} --secret ${secretAccessKey} posix`
      .split(' ')
      .concat('--versioning-dir', join(folder, 'versions'), join(folder, 'root')),
    { stdio: 'ignore' },
  );
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const endpoint = `http://127.0.0.1:${port}`;
  await answering(endpoint, ended);
  const admin = new S3Client({ endpoint, region, forcePathStyle: true, credentials });
  return {
    endpoint,
    credentials,
    admin,
    stop: async () => {
      admin.destroy();
      child.kill();
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Resolves with its first answer; rejects when it ends instead. */
async function answering(endpoint: string, ended: Promise<void>): Promise<void> {
  const gone = ended.then(() => Promise.reject(new Error('versitygw ended while it started')));
  for (;;) {
    const answer = request(endpoint).then(
      ({ body }) => body.dump().then(() => true),
      () => sleep(50, false),
    );
    if (await Promise.race([answer, gone])) return;
  }
}

/** From the PATH, the cache, or built once with `go install`. */
async function findVersitygw(): Promise<string> {
  const onPath = await which('versitygw', { nothrow: true });
  if (onPath !== null) return onPath;
  return cachedProgram(`versitygw-${version}`, 'versitygw', (folder) =>
    goInstall(folder, [program], 'the S3 server versitygw'),
  );
}

const region = 'us-east-1';

/** One bucket of each kind. */
export async function createBuckets({ admin }: S3Server): Promise<void> {
  await admin.send(new CreateBucketCommand({ Bucket: 'plain' }));
  await admin.send(new CreateBucketCommand({ Bucket: 'versioned' }));
  const VersioningConfiguration = { Status: 'Enabled' } as const;
  await admin.send(new PutBucketVersioningCommand({ Bucket: 'versioned', VersioningConfiguration }));
  await admin.send(new CreateBucketCommand({ Bucket: 'locked', ObjectLockEnabledForBucket: true }));
}

/** The URL of an empty place of its own in a bucket, at the server or at something before it. */
export function newPlaceIn(bucket: string, endpoint: string): string {
  return `s3://${bucket}/${randomBytes(6).toString('hex')}/p?endpoint=${endpoint}&region=${region}`;
}
