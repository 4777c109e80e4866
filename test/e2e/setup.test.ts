import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createArchiveKey } from '../../src/archive/index.ts';
import { type DevServer, findTemporal, startDevServer } from '../../src/dev-server/index.ts';
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
