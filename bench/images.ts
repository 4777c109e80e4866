import { execFile, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { z } from 'zod';
import { startS3Server } from '../test/system/versitygw.ts';
import { processor } from './machine.ts';

/** How many archives at once, how often, and the bounds that docs/images.md promises. */
const [archives, rounds] = [20, 3];
const most = { rss: 150e6, share: 0.9 };

const took = z.object({ speed: z.number(), cpu: z.number() });
const roundOf = z.object({ archive: took, age: took, rss: z.number().nullable() });

const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(0)} MB`;

async function main(): Promise<void> {
  const riskosProcess = spawn(process.execPath, ['--import', 'tsx', fileOf('images-riskos.ts')]);
  const [port = '', size = ''] = (await firstLine(riskosProcess.stdout)).split(' ');
  const folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-bench-'));
  const s3 = await startS3Server();
  try {
    const { accessKeyId, secretAccessKey } = s3.credentials;
    const env = {
      ...process.env,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: 'true',
    };
    await s3.admin.send(new CreateBucketCommand({ Bucket: 'bench' }));
    process.stdout.write(`${processor()}\n${archives} archives of ${megabytes(Number(size))} at once\n`);
    const places = {
      file: pathToFileURL(folder).href,
      s3: `s3://bench/p?endpoint=${s3.endpoint}&region=us-east-1`,
    };
    for (const [name, url] of Object.entries(places)) {
      const measured = await measure(url, port, env);
      const shares = measured.map(({ archive, age }) => archive.speed / age.speed);
      const share = shares.toSorted((one, other) => one - other)[Math.floor(shares.length / 2)] ?? 0;
      const rss = measured[0]?.rss ?? Infinity;
      for (const { archive, age } of measured) {
        process.stdout.write(
          `${name.padEnd(5)} ${archive.speed.toFixed(0)} MB/s, age-encryption alone ${age.speed.toFixed(0)} MB/s: ` +
            `${(archive.speed / age.speed).toFixed(2)}; CPU ${archive.cpu.toFixed(1)} and ${age.cpu.toFixed(1)} ms/MB\n`,
        );
      }
      const good = rss <= most.rss && (name !== 'file' || share >= most.share);
      process.stdout.write(
        `${name.padEnd(5)} median ${share.toFixed(2)} of age-encryption alone; RSS ${megabytes(rss)} more than idle${good ? '' : '  MISSED'}\n`,
      );
      if (!good) process.exitCode = 1;
    }
  } finally {
    riskosProcess.kill();
    await s3.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

/** In a process of its own, whose memory nothing else has used before. */
async function measure(url: string, port: string, env: NodeJS.ProcessEnv) {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [
      '--expose-gc',
      '--import',
      'tsx',
      fileOf('images-archiving.ts'),
      url,
      port,
      String(archives),
      String(rounds),
    ],
    { env },
  );
  return stdout
    .trim()
    .split('\n')
    .map((line) => roundOf.parse(JSON.parse(line)));
}

const fileOf = (name: string) => fileURLToPath(new URL(`./${name}`, import.meta.url));

async function firstLine(stream: NodeJS.ReadableStream): Promise<string> {
  for await (const line of createInterface({ input: stream })) return line;
  throw new Error('the process said nothing');
}

await main();
