import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ClientOptions } from '@temporalio/client';
import { request } from 'undici';
import { createArchiveKey } from '../../src/archive/index.ts';
import { ageWrapper, createKeyStore, createPayloadIdentity, encryptedClient } from '../../src/codec/index.ts';
import { openStorage } from '../../src/storage/index.ts';
import { apiKey } from '../../test/support/constants.ts';
import { createGateway, type Gateway } from '../../test/support/gateway.ts';
import { killProcess, type Running, startProcess } from '../../test/support/processes.ts';
import { createWorld, type World } from '../../test/support/world.ts';

/** All parts, with the worker as a process that can be killed. */
export interface Place extends World {
  gateway: Gateway;
  /** Starts `candidate-funnel worker`; when it was spawned and when it said "worker runs", in milliseconds since 1970. */
  startWorkerProcess(): Promise<{ spawnedAt: number; runsAt: number; pid: number | undefined }>;
  /** SIGKILL; when it was gone. */
  killWorkerProcess(): Promise<number>;
  /** The candidate of an open capture does their part. */
  complete(evalId: string): Promise<void>;
  /** How many funnels show this to operators. */
  count(attribute: string, value: string): Promise<number>;
  close(): Promise<void>;
}

/** RiskOS's rate limit would otherwise be what is measured. */
export const requestsPerSecond = 1000;

export async function createPlace(address: string, encryption: 'on' | 'off' = 'off'): Promise<Place> {
  const keys = encryption === 'on' ? await createKeys() : undefined;
  const world = await createWorld({
    address,
    ...(keys ? { clientOptions: keys.clientOptions } : {}),
    pace: 5,
    scenarios: { waits: { documents: [{ candidate: 'person' }] } },
  });
  const gateway = await createGateway(world.emulator.url);
  const { recipient } = await createArchiveKey();
  await world.startRelay();
  let worker: Running | undefined;
  const killWorkerProcess = async () => {
    if (worker) await killProcess(worker);
    return Date.now();
  };
  return {
    ...world,
    gateway,
    killWorkerProcess,
    startWorkerProcess: async () => {
      const spawnedAt = Date.now();
      const env = {
        TEMPORAL_ADDRESS: address,
        FUNNEL_TASK_QUEUE: world.taskQueue,
        RISKOS_BASE_URL: gateway.url,
        RISKOS_API_KEY: apiKey,
        RISKOS_ENVIRONMENT: 'Sandbox',
        RISKOS_REQUESTS_PER_SECOND: String(requestsPerSecond),
        ARCHIVE_URL: `file://${world.archiveFolder}`,
        ARCHIVE_RECIPIENTS: recipient,
        ...keys?.settings,
      };
      worker = await startProcess(['worker'], env, /worker runs/);
      return { spawnedAt, runsAt: Date.now(), pid: worker.pid };
    },
    complete: async (evalId) => {
      const { statusCode } = await request(`${world.emulator.url}/admin/evaluations/${evalId}/candidate`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ does: 'completes' }),
      });
      if (statusCode !== 202) throw new Error(`the emulator answered ${statusCode}`);
    },
    count: async (attribute, value) => {
      const query = `TaskQueue = '${world.taskQueue}' AND ${attribute} = '${value}'`;
      return (await world.temporal.workflow.count(query)).count;
    },
    close: async () => {
      await killWorkerProcess();
      await gateway.close();
      await world.close();
      if (keys) await rm(keys.folder, { recursive: true });
    },
  };
}

/** A key store in a folder, for a client that makes keys and a worker that reads them. */
async function createKeys(): Promise<{
  folder: string;
  clientOptions: ClientOptions;
  settings: Record<string, string>;
}> {
  const folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-bench-keys-'));
  const { identity, recipient } = await createPayloadIdentity();
  const url = pathToFileURL(folder).href;
  return {
    folder,
    clientOptions: encryptedClient(createKeyStore(openStorage(url), ageWrapper([recipient], identity))),
    settings: {
      PAYLOAD_ENCRYPTION: 'on',
      KEY_STORE_URL: url,
      PAYLOAD_RECIPIENTS: recipient,
      PAYLOAD_IDENTITY: identity,
    },
  };
}
