import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createArchiveKey } from '../../src/archive/index.ts';
import { type DevServer, findTemporal, startDevServer } from '../../src/dev-server/index.ts';
import { exampleApplication } from '../support/application.ts';
import { run, startProcess } from '../support/processes.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-setup-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('a namespace without the search attributes', () => {
  let server: DevServer;
  beforeAll(async () => {
    const binary = await findTemporal({ env: process.env, onProgress: () => {} });
    server = await startDevServer({ binary, uiPort: false, searchAttributes: {} });
  });
  afterAll(() => server.stop());

  test('stops a worker at once with the remedy, and setup is that remedy', async () => {
    const { recipient } = await createArchiveKey();
    const env = {
      TEMPORAL_ADDRESS: server.address,
      RISKOS_BASE_URL: 'http://127.0.0.1:1',
      RISKOS_API_KEY: 'key',
      RISKOS_ENVIRONMENT: 'Sandbox',
      ARCHIVE_URL: `file://${folder}/images`,
      ARCHIVE_RECIPIENTS: recipient,
    };
    expect(await run(['worker'], env)).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(
        /lacks the search attributes FunnelStage.*run "candidate-funnel setup" once\n$/,
      ),
    });
    expect(await run(['setup'], env)).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/registered in namespace "default": FunnelStage, FunnelOutcome/),
    });
    const worker = await startProcess(['worker'], env, /worker runs/);
    const gone = once(worker, 'exit');
    worker.kill('SIGTERM');
    expect(await gone).toEqual([0, null]);
  });
});

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
