import { NativeConnection } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { temporalClient } from '../../src/client/index.ts';
import { type DevServer, findTemporal, startDevServer } from '../../src/dev-server/index.ts';
import { checkSearchAttributes, registerSearchAttributes } from '../../src/worker/search-attributes.ts';
import { createArchiveKey } from '../../src/archive/index.ts';
import { killProcess, startProcess } from '../support/processes.ts';
import { createDenying, type Denying } from '../support/denying.ts';

let bare: DevServer;
let complete: DevServer;
const all =
  'FunnelStage, FunnelOutcome, FunnelAttempt, FunnelWaitingFor, FunnelEscalation, FunnelAttention, FunnelTrouble, FunnelDeadline';

beforeAll(async () => {
  const binary = await findTemporal({ env: process.env, onProgress: () => {} });
  bare = await startDevServer({ binary, uiPort: false, searchAttributes: {} });
  complete = await startDevServer({ binary, uiPort: false });
});
afterAll(async () => {
  await bare.stop();
  await complete.stop();
});

const operators = ['ListSearchAttributes', 'AddSearchAttributes'];

async function behind(server: DevServer, denied: string[], status?: number): Promise<Denying> {
  const gateway = await createDenying(server.address, (method) => denied.includes(method), status);
  onTestFinished(() => gateway.close());
  return gateway;
}

/** As a worker connects, and as `setup` does. */
async function checked(address: string): Promise<string | undefined> {
  const connection = await NativeConnection.connect({ address });
  try {
    return await checkSearchAttributes(connection, 'default');
  } finally {
    await connection.close();
  }
}

async function registered(address: string): Promise<string[]> {
  const { connection } = temporalClient(address);
  try {
    return await registerSearchAttributes(connection, 'default');
  } finally {
    await connection.close();
  }
}

describe('a worker', () => {
  test.each([
    ['that may not list search attributes', 7],
    ['whose server has no API for operators', 12],
  ])('%s finds out by a query that all are there', async (_, status) => {
    const gateway = await behind(complete, operators, status);
    expect(await checked(gateway.address)).toBeUndefined();
    expect(gateway.denied).toEqual(['ListSearchAttributes']);
  });

  test('that may not list them finds out by a query that they are missing', async () => {
    const gateway = await behind(bare, operators);
    await expect(checked(gateway.address)).rejects.toThrow(
      expect.objectContaining({
        type: 'SetupNeeded',
        message: expect.stringContaining(`attributes ${all}; run`),
      }),
    );
  });

  test('that may not query either starts, and says which permission is missing', async () => {
    const gateway = await behind(bare, [...operators, 'CountWorkflowExecutions']);
    const warning = await checked(gateway.address);
    expect(warning).toMatch(
      /namespace "default" could not be checked.*the role "read".*candidate-funnel setup/s,
    );
  });

  test('logs that when it starts, and runs', async () => {
    const gateway = await behind(complete, [...operators, 'CountWorkflowExecutions']);
    const { recipient } = await createArchiveKey();
    const settings = {
      TEMPORAL_ADDRESS: gateway.address,
      RISKOS_BASE_URL: 'http://127.0.0.1:1',
      RISKOS_API_KEY: 'key',
      RISKOS_ENVIRONMENT: 'Sandbox',
      ARCHIVE_URL: 'file:///nowhere/images',
      ARCHIVE_RECIPIENTS: recipient,
    };
    const worker = await startProcess(['worker'], settings, /worker runs/);
    onTestFinished(() => killProcess(worker));
    expect(worker.log()).toMatch(/"level":"warn".*could not be checked/);
  });

  test('with a wrong key is not let in by that', async () => {
    const gateway = await behind(complete, operators, 16);
    await expect(checked(gateway.address)).rejects.toMatchObject({ code: 16 });
  });
});

describe('setup', () => {
  test('without the permission says which one, and the command for who has it', async () => {
    const gateway = await behind(bare, ['AddSearchAttributes']);
    const refused = registered(gateway.address);
    await expect(refused).rejects.toThrow(/may not add search attributes.*the role "admin"/s);
    await expect(refused).rejects.toThrow(
      /search-attribute create --name FunnelStage --type Keyword .*--name FunnelDeadline --type Datetime"/s,
    );
    await expect(refused).rejects.toMatchObject({ type: 'SetupNeeded' });
  });

  test('without any permission says the same', async () => {
    const gateway = await behind(bare, [...operators, 'CountWorkflowExecutions']);
    await expect(registered(gateway.address)).rejects.toThrow(
      /may not list search attributes.*the role "admin"/s,
    );
  });

  test('that may not list them has nothing to do where all are there', async () => {
    const gateway = await behind(complete, operators);
    expect(await registered(gateway.address)).toEqual([]);
  });

  test('registers what is missing, once', async () => {
    expect((await registered(bare.address)).join(', ')).toBe(all);
    expect(await registered(bare.address)).toEqual([]);
  });
});
