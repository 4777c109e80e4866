import { randomBytes } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, inject, onTestFinished, test } from 'vitest';
import { temporalClient } from '../../src/client/index.ts';
import { exampleApplication } from '../support/application.ts';
import { killProcess, run, spawnCommand } from '../support/processes.ts';

const batch = `batch-${randomBytes(4).toString('hex')}`;
const env = {
  TEMPORAL_ADDRESS: inject('temporalAddress'),
  FUNNEL_TASK_QUEUE: `${batch}-without-a-worker`,
  PAYLOAD_ENCRYPTION: 'off',
};

/** Two hundred applications; three of the lines cannot be used. */
async function fileOf(lines: string[]): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'start-file-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const file = join(folder, 'applications.ndjson');
  await writeFile(file, lines.join('\n'));
  return file;
}

const lines = Array.from({ length: 200 }, (_, index) =>
  [20, 90, 170].includes(index + 1)
    ? JSON.stringify({ applicationId: `${batch}-${index + 1}` })
    : JSON.stringify(exampleApplication(`${batch}-${index + 1}`)),
);

test('start --file that is killed in the middle and run again starts each application once, and needs no worker', async () => {
  const file = await fileOf(lines);
  const killed = spawnCommand(['start', '--file', file, '--rate', '50', '--json'], env);
  let told = 0;
  await new Promise<void>((resolve) => {
    killed.stdout?.on('data', (chunk: Buffer) => {
      told += chunk.toString().split('\n').length - 1;
      if (told >= 100) resolve();
    });
  });
  await killProcess(killed);

  const { code, stdout } = await run(['start', '--file', file, '--rate', '200'], env);
  expect(code).toBe(2);
  const [counts = '', ...refused] = stdout.trim().split('\n');
  const [, started, already, wrong] =
    /^(\d+) started, (\d+) had a funnel already, (\d+) refused$/.exec(counts) ?? [];
  expect(Number(already)).toBeGreaterThanOrEqual(90);
  expect(Number(started)).toBeGreaterThan(0);
  expect([Number(started) + Number(already), Number(wrong)]).toEqual([197, 3]);
  expect(refused.map((line) => line.split(':', 1)[0])).toEqual(['line 20', 'line 90', 'line 170']);
  expect(refused.join('\n')).toContain('candidate: is missing');

  const temporal = temporalClient(inject('temporalAddress'));
  onTestFinished(() => temporal.connection.close());
  const query = `WorkflowId STARTS_WITH 'funnel-${batch}-'`;
  await expect.poll(async () => (await temporal.workflow.count(query)).count).toBe(197);
});

test('start --file without the codec server reports each line as not tried, and why', async () => {
  const file = await fileOf(
    [1, 2, 3].map((n) => JSON.stringify(exampleApplication(`${batch}-uncoded-${n}`))),
  );
  const { code, stdout, stderr } = await run(['start', '--file', file], {
    ...env,
    CODEC_URL: 'http://127.0.0.1:1',
  });
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' });
  expect(stdout).toMatch(
    /^0 started, 0 had a funnel already, 0 refused, 3 not tried: run the same command again\n.*no answer from the codec server at http:\/\/127\.0\.0\.1:1; check CODEC_URL\n$/,
  );
});
