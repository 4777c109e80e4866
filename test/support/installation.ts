import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client } from '@temporalio/client';
import getPort from 'get-port';
import { createArchiveKey } from '../../src/archive/index.ts';
import { createFunnelClient, type FunnelClient, temporalClient } from '../../src/client/index.ts';
import { ageWrapper, createKeyStore, createPayloadIdentity, encryptedClient } from '../../src/codec/index.ts';
import type { MetricProcess } from '../../src/contract/index.ts';
import { type Emulator, type EmulatorOptions, startEmulator } from '../../src/emulator/index.ts';
import { openStorage } from '../../src/storage/index.ts';
import { apiKey, token } from './constants.ts';
import { killProcess, type Running, startProcess } from './processes.ts';
import { createReceiver, type Receiver } from './receiver.ts';

const notifySecret = `whsec_${Buffer.from('a secret of 32 bytes for a test!').toString('base64')}`;

/** Every process as an operator runs it, with encryption and notices, and what they talk to. */
export interface Installation {
  emulator: Emulator;
  receiver: Receiver;
  /** Of HR's system, which has the keys. */
  funnels: FunnelClient;
  temporal: Client;
  folder: string;
  settings: Record<string, string>;
  /** Where each process has `/metrics`, `/readyz` and `/livez`; the port stays the same over restarts. */
  urls: Record<MetricProcess, string>;
  /** With other settings, or another copy of the program. */
  start(name: MetricProcess, more?: Record<string, string>, program?: string): Promise<Running>;
  kill(name: MetricProcess): Promise<void>;
  /** What a process has logged. */
  log(name: MetricProcess): string;
  close(): Promise<void>;
}

const ready: Record<MetricProcess, RegExp> = {
  worker: /worker runs/,
  relay: /relay listens/,
  'codec-server': /codec server listens/,
  monitor: /monitor listens/,
};

export async function createInstallation(
  address: string,
  taskQueue: string,
  options: { emulator?: Partial<EmulatorOptions>; settings?: Record<string, string> } = {},
): Promise<Installation> {
  const folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-installation-'));
  const [keysFolder, images] = [join(folder, 'keys'), join(folder, 'images')];
  await Promise.all([keysFolder, images].map((path) => mkdir(path)));
  const emulator = await startEmulator({
    apiKey,
    pace: 5,
    retry: { firstDelay: 100, longestDelay: 500 },
    logger: false,
    ...options.emulator,
  });
  const receiver = await createReceiver(notifySecret);
  const { identity, recipient } = await createPayloadIdentity();
  const names = ['worker', 'relay', 'codec-server', 'monitor'] as const;
  const [worker = 0, relay = 0, codec = 0, monitor = 0] = await Promise.all(
    names.map(() => getPort({ host: '127.0.0.1' })),
  );
  const urlOf = (port: number) => `http://127.0.0.1:${port}`;
  const settings: Record<string, string> & { KEY_STORE_URL: string } = {
    TEMPORAL_ADDRESS: address,
    FUNNEL_TASK_QUEUE: taskQueue,
    RISKOS_BASE_URL: emulator.url,
    RISKOS_API_KEY: apiKey,
    RISKOS_ENVIRONMENT: 'Sandbox',
    ARCHIVE_URL: pathToFileURL(images).href,
    ARCHIVE_RECIPIENTS: (await createArchiveKey()).recipient,
    NOTIFY_URL: receiver.url,
    NOTIFY_SECRETS: notifySecret,
    PAYLOAD_ENCRYPTION: 'on',
    KEY_STORE_URL: pathToFileURL(keysFolder).href,
    PAYLOAD_RECIPIENTS: recipient,
    PAYLOAD_IDENTITY: identity,
    RELAY_PORT: String(relay),
    RELAY_BEARER_TOKENS: token,
    CODEC_AUTH: 'off',
    CODEC_PORT: String(codec),
    ...options.settings,
  };
  const keys = createKeyStore(openStorage(settings.KEY_STORE_URL), ageWrapper([recipient], identity));
  const { connection } = temporalClient(address);
  const temporal = new Client({ connection, ...encryptedClient(keys) });
  const running = new Map<MetricProcess, Running>();
  const metricsPorts: Partial<Record<MetricProcess, number>> = { worker, monitor };

  emulator.setWebhook({ url: `${urlOf(relay)}/webhooks/riskos`, auth: { type: 'bearer', token } });
  const installation: Installation = {
    emulator,
    receiver,
    funnels: createFunnelClient({ temporal, taskQueue, deadline: 240_000 }),
    temporal,
    folder,
    settings,
    urls: {
      worker: urlOf(worker),
      relay: urlOf(relay),
      'codec-server': urlOf(codec),
      monitor: urlOf(monitor),
    },
    start: async (name, more = {}, program) => {
      const port = metricsPorts[name];
      const metrics: Record<string, string> =
        port === undefined ? {} : { METRICS_ADDRESS: `127.0.0.1:${port}` };
      const child = await startProcess([name], { ...settings, ...metrics, ...more }, ready[name], program);
      running.set(name, child);
      return child;
    },
    log: (name) => running.get(name)?.log() ?? '',
    kill: async (name) => {
      const child = running.get(name);
      if (child) await killProcess(child);
    },
    close: async () => {
      await Promise.all(names.map((name) => installation.kill(name)));
      await Promise.all([emulator.close(), receiver.close(), connection.close()]);
      await rm(folder, { recursive: true, force: true });
    },
  };
  return installation;
}
