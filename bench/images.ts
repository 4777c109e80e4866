import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { DefaultLogger } from '@temporalio/worker';
import { MockActivityEnvironment } from '@temporalio/testing';
import { Encrypter } from 'age-encryption';
import { createImageActivities } from '../activities/images.ts';
import { createArchiveKey, createBudget, openArchive } from '../src/archive/index.ts';
import type { ImagesFound } from '../src/contract/index.ts';
import { createRiskosClient } from '../src/riskos/index.ts';
import { startS3Server } from '../test/system/versitygw.ts';
import { processor } from './machine.ts';

/** How many archives at once, and the bounds that docs/images.md promises. */
const archives = 20;
const most = { rss: 150e6, share: 0.9 };

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;

async function main(): Promise<void> {
  const riskosProcess = spawn(process.execPath, [
    '--import',
    'tsx',
    fileURLToPath(new URL('./images-riskos.ts', import.meta.url)),
  ]);
  const [port = 0, size = 0] = (await firstLine(riskosProcess.stdout)).split(' ').map(Number);
  const folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-bench-'));
  const s3 = await startS3Server();
  try {
    const { recipient } = await createArchiveKey();
    process.env['AWS_ACCESS_KEY_ID'] = s3.credentials.accessKeyId;
    process.env['AWS_SECRET_ACCESS_KEY'] = s3.credentials.secretAccessKey;
    const admin = new S3Client({ endpoint: s3.endpoint, region: 'us-east-1', forcePathStyle: true });
    await admin.send(new CreateBucketCommand({ Bucket: 'bench' }));
    process.stdout.write(`${processor()}\n${archives} archives of ${megabytes(size)} at once\n`);
    const places = {
      file: pathToFileURL(folder).href,
      s3: `s3://bench/p?endpoint=${s3.endpoint}&region=us-east-1`,
    };
    for (const [name, url] of Object.entries(places)) {
      const before = await ageAlone(recipient, size);
      const measured = await archiveAll(url, recipient, port);
      const after = await ageAlone(recipient, size);
      const alone = (before + after) / 2;
      const speed = (archives * size) / measured.seconds;
      const share = speed / alone;
      const good = measured.rss <= most.rss && (name !== 'file' || share >= most.share);
      process.stdout.write(
        `${name.padEnd(5)} ${megabytes(speed)}/s, age-encryption alone ${megabytes(alone)}/s: ${share.toFixed(2)}; ` +
          `RSS ${megabytes(measured.rss)} more than idle${good ? '' : '  MISSED'}\n`,
      );
      if (!good) process.exitCode = 1;
    }
  } finally {
    riskosProcess.kill();
    await s3.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

async function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: stream })) return line;
  throw new Error('the process said nothing');
}

async function archiveAll(url: string, recipient: string, port: number) {
  const riskos = createRiskosClient({
    baseUrl: `http://127.0.0.1:${port}`,
    apiKey: 'key-of-the-bench',
    environment: 'Sandbox',
    workflow: 'bench',
  });
  const archive = openArchive({ url, recipients: [recipient] });
  const activities = createImageActivities({
    riskos,
    archive,
    budget: createBudget(64 * 1024 ** 2),
    hrIsTold: false,
  });
  const one = (nth: number): Promise<ImagesFound> => {
    const ask = {
      applicationId: 'bench',
      evaluationId: `bench~0a1b2c3d~document_verification~${nth}`,
      evalId: `eval-${nth}`,
      documentType: null,
      reasonCodes: [],
      lag: 0,
    };
    const environment = new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') });
    const work = (): Promise<ImagesFound> => activities.archiveImages(ask);
    return environment.run<[], ImagesFound, typeof work>(work);
  };
  globalThis.gc?.();
  const idle = process.memoryUsage.rss();
  let peak = idle;
  const sampling = setInterval(() => (peak = Math.max(peak, process.memoryUsage.rss())), 10);
  const started = performance.now();
  const results: ImagesFound[] = await Promise.all(
    Array.from({ length: archives }, (_, nth) => one(nth + 1)),
  );
  const seconds = (performance.now() - started) / 1000;
  clearInterval(sampling);
  const failed = results.filter(({ result }) => result !== 'archived').length;
  if (failed > 0) throw new Error(`${failed} of ${archives} were not archived`);
  archive.close();
  await riskos.close();
  return { seconds, rss: peak - idle };
}

/** Bytes a second of the library alone, as a stream to nowhere. */
async function ageAlone(recipient: string, size: number): Promise<number> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  const bytes = randomBytes(size);
  const pieces = async function* () {
    for (let at = 0; at < size; at += 65_536) yield bytes.subarray(at, at + 65_536);
  };
  const rounds = 4;
  const started = performance.now();
  for (let round = 0; round < rounds; round += 1) {
    const encrypted = await encrypter.encrypt(ReadableStream.from(pieces()));
    for await (const _ of encrypted);
  }
  return (rounds * size) / ((performance.now() - started) / 1000);
}

await main();
