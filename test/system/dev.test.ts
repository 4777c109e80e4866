import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { exampleApplication } from '../support/application.ts';
import { run, startProcess } from '../support/processes.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-dev-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('dev keeps everything up, keeps it over a restart, and ends with Ctrl-C', async () => {
  const dev = ['dev', '--data', join(folder, 'data'), '--pace', '20'];
  const ready = /npx candidate-funnel start/;
  const addressOf = (log: string) => /^Temporal\s+(\S+)$/m.exec(log)?.[1] ?? 'no address';

  const first = await startProcess(dev, {}, ready);
  const codecOf = (log: string) => /^\s*export (CODEC_URL)=(\S+)$/m.exec(log)?.[2] ?? 'no address';
  const env = { TEMPORAL_ADDRESS: addressOf(first.log()), CODEC_URL: codecOf(first.log()) };
  const application = exampleApplication('app-kept', { custom: { scenario: 'accept' } });
  expect(await run(['start', '-'], env, JSON.stringify(application))).toMatchObject({ code: 0 });
  await expect
    .poll(async () => (await run(['status', 'app-kept'], env)).stdout)
    .toMatch(/awaiting document request/);
  const { CODEC_URL: _codec, ...blind } = env;
  expect((await run(['status', 'app-kept'], blind)).stdout).toMatch(/awaiting document request/);
  const ended = once(first, 'exit');
  first.kill('SIGINT');
  expect(await ended).toEqual([0, null]);

  const second = await startProcess(dev, {}, ready);
  const again = { TEMPORAL_ADDRESS: addressOf(second.log()), CODEC_URL: codecOf(second.log()) };
  expect(await run(['documents', 'app-kept'], again)).toMatchObject({ code: 0 });
  await expect
    .poll(async () => (await run(['status', 'app-kept'], again)).stdout)
    .toMatch(/app-kept {2}verified/);
  const endedAgain = once(second, 'exit');
  second.kill('SIGINT');
  expect(await endedAgain).toEqual([0, null]);
}, 120_000);
