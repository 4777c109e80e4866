import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, type ClientOptions } from '@temporalio/client';
import { inject } from 'vitest';
import { createArchiveKey } from '../../src/archive/index.ts';
import {
  type ApplicationInput,
  createFunnelClient,
  type Funnel,
  type FunnelClient,
  type FunnelStatus,
  temporalClient,
} from '../../src/client/index.ts';
import { type EmulatorOptions, type Emulator, startEmulator } from '../../src/emulator/index.ts';
import type { WorkerParts } from '../../src/worker/worker.ts';
import type { Notifier } from '../../src/notifier/index.ts';
import { createRelay } from '../../src/relay/index.ts';
import { exampleApplication } from './application.ts';
import { apiKey, silent, token } from './constants.ts';

import { createRiskosWorker } from './worker.ts';

/** Short waits by policy, so that tests wait for conditions. */
export const quickPolicy = {
  documents: { start: 'immediately', deadline: '5 minutes' },
  reconciliation: { first: '10 minutes', longest: '10 minutes' },
  images: { lag: '100ms' },
  ambiguousWait: '1s',
} as const satisfies ApplicationInput['policy'];

export interface World {
  funnels: FunnelClient;
  emulator: Emulator;
  temporal: ReturnType<typeof temporalClient>;
  taskQueue: string;
  archiveFolder: string;
  /** For a worker that is a process of its own. */
  workerSettings: Record<string, string>;
  /** Starts the funnel of a new application, named after what it tests. */
  start(name: string, more?: Partial<ApplicationInput>): Promise<Funnel>;
  startRelay(port?: number): Promise<Stoppable>;
  stopRelay(): Promise<void>;
  /** A worker in this process, which reaches RiskOS at the emulator or at a gateway before it. */
  startWorker(baseUrl?: string, notifier?: Notifier, encryption?: WorkerParts['encryption']): Promise<void>;
  stopWorker(): Promise<void>;
  close(): Promise<void>;
}

interface Stoppable {
  url: string;
  stop(): Promise<void>;
}

/** All parts over real HTTP and the tests' Temporal server, on a task queue of their own. */
export async function createWorld(
  options: Partial<EmulatorOptions> & { address?: string; clientOptions?: ClientOptions } = {},
): Promise<World> {
  const { address = inject('temporalAddress'), clientOptions = withCodec, ...emulatorOptions } = options;
  const taskQueue = `test-${randomBytes(4).toString('hex')}`;
  const archiveFolder = await mkdtemp(join(tmpdir(), 'candidate-funnel-test-'));
  const emulator = await startEmulator({
    apiKey,
    pace: 5,
    retry: { firstDelay: 100, longestDelay: 500 },
    logger: false,
    ...emulatorOptions,
  });
  const temporal = new Client({ connection: temporalClient(address).connection, ...clientOptions });
  const funnels = createFunnelClient({ temporal, taskQueue, deadline: 40_000 });
  let relay: Stoppable | undefined;
  let stopRunning: (() => Promise<void>) | undefined;

  const world: World = {
    funnels,
    emulator,
    temporal,
    taskQueue,
    archiveFolder,
    workerSettings: {
      TEMPORAL_ADDRESS: address,
      FUNNEL_TASK_QUEUE: taskQueue,
      RISKOS_BASE_URL: emulator.url,
      RISKOS_API_KEY: apiKey,
      RISKOS_ENVIRONMENT: 'Sandbox',
      ARCHIVE_URL: `file://${archiveFolder}`,
      ARCHIVE_RECIPIENTS: (await createArchiveKey()).recipient,
    },
    start: (name, more = {}) => {
      const applicationId = `${name}-${randomBytes(4).toString('hex')}`;
      return funnels.startFunnel(exampleApplication(applicationId, { policy: quickPolicy, ...more }));
    },
    startRelay: async (port = 0) => {
      const server = await createRelay({ temporal, bearerTokens: [token], deadline: 2000, logger: silent });
      const url = await server.listen({ host: '127.0.0.1', port });
      emulator.setWebhook({ url: `${url}/webhooks/riskos`, auth: { type: 'bearer', token } });
      relay = { url, stop: () => server.close() };
      return relay;
    },
    stopRelay: async () => {
      await relay?.stop();
      relay = undefined;
    },
    startWorker: async (baseUrl = emulator.url, notifier, encryption) => {
      stopRunning = await createRiskosWorker(world, baseUrl, {
        address,
        encryption,
        ...(notifier ? { notifier } : {}),
      });
    },
    stopWorker: async () => {
      await stopRunning?.();
      stopRunning = undefined;
    },
    close: async () => {
      await world.stopWorker();
      await world.stopRelay();
      await emulator.close();
      await funnels.close();
      await rm(archiveFolder, { recursive: true, force: true });
    },
  };
  return world;
}

/** A codec that changes nothing: the client says that the key is there, so that no funnel asks for one. */
const withCodec: ClientOptions = {
  dataConverter: {
    payloadCodecs: [{ encode: async (payloads) => payloads, decode: async (payloads) => payloads }],
  },
};

/** The first status that fulfils the condition. */
export async function until(
  funnel: Funnel,
  fulfils: (status: FunnelStatus) => boolean,
  patience = 90_000,
): Promise<FunnelStatus> {
  let last: FunnelStatus | undefined;
  for await (const status of funnel.watch({ interval: 50, signal: AbortSignal.timeout(patience) })) {
    last = status;
    if (status.stage !== 'starting' && fulfils(status)) return status;
  }
  throw new Error(`it never came to that; the last status was ${JSON.stringify(last)}`);
}

export function verdictsOf(status: FunnelStatus): string[] {
  return status.verdicts.map(({ stage, attempt, verdict }) => `${stage} ${attempt} ${verdict}`);
}
