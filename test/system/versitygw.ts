import { execFile, spawn } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import getPort from 'get-port';
import { request } from 'undici';
import which from 'which';
import { cacheFolder } from './cache.ts';

const version = 'v1.8.0';
const program = `github.com/versity/versitygw/cmd/versitygw@${version}`;

/** A real S3 server on loopback, with versioning and object lock. */
export interface S3Server {
  endpoint: string;
  credentials: { accessKeyId: string; secretAccessKey: string };
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
  return {
    endpoint,
    credentials,
    stop: async () => {
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

/** From the PATH, the cache, or built once with `go install` (a minute or two). */
async function findVersitygw(): Promise<string> {
  const onPath = await which('versitygw', { nothrow: true });
  if (onPath !== null) return onPath;
  const cached = join(cacheFolder(), `versitygw-${version}`, 'versitygw');
  if ((await which(cached, { nothrow: true })) !== null) return cached;
  await build(cached);
  return cached;
}

async function build(cached: string): Promise<void> {
  const go = await which('go', { nothrow: true });
  if (go === null) {
    throw new Error(
      'These tests need versitygw, an S3 server, and there is neither that nor Go on the PATH: apt-get install golang, or put versitygw there.',
    );
  }
  process.stderr.write(`building versitygw ${version} with go install, once: a minute or two …\n`);
  await mkdir(dirname(cached), { recursive: true });
  const folder = await mkdtemp(join(dirname(cached), '.new-'));
  try {
    await promisify(execFile)(go, ['install', program], { env: { ...process.env, GOBIN: folder } });
    // Renaming within one folder is atomic, so that several processes may build at once.
    await rename(join(folder, 'versitygw'), cached);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
