import { randomBytes } from 'node:crypto';
import { Client } from '@temporalio/client';
import type { ParentLog } from '../contract/log-fields.ts';
import { openArchive } from '../archive/index.ts';
import { encryptedClient, type KeyStore, workerConverter } from '../codec/index.ts';
import { createFunnelClient, type FunnelClient, temporalClient } from '../client/index.ts';
import { temporalConfig } from '../client/settings.ts';
import { type EmulatorOptions, startEmulator } from '../emulator/index.ts';
import type { Notifier } from '../notifier/index.ts';
import { createRelay } from '../relay/index.ts';
import { createRiskosClient } from '../riskos/index.ts';
import { createWorkers } from '../worker/index.ts';
import { registerSearchAttributes } from '../worker/search-attributes.ts';
import { listenNear } from './process.ts';

export interface Parts {
  funnels: FunnelClient;
  emulatorUrl: string;
  relayUrl: string;
  /** Rejects when the worker fails; resolves after {@link Parts.close}. */
  running: Promise<void>;
  close(): Promise<void>;
}

export interface PartsOptions {
  /** Temporal's frontend, host:port. */
  address: string;
  taskQueue: string;
  /** Where the images go, and the age public keys that they are encrypted to. */
  archive: { url: string; recipients: string[] };
  /** Encrypts what Temporal stores; absent: it is stored in clear. */
  keys?: KeyStore;
  /** Milliseconds between two steps of a played candidate. */
  pace: number;
  logger: ParentLog;
  notifier?: Notifier | undefined;
  /** Its scenarios, its usual port, where it keeps its evaluations … */
  emulator?: Partial<EmulatorOptions>;
  /** Its usual port; any free one unless given. */
  relayPort?: number;
}

/** The emulator, a relay and a worker in this process, wired to each other and to a Temporal server. */
export async function startParts(options: PartsOptions): Promise<Parts> {
  const { address, taskQueue, logger } = options;
  const closing: (() => Promise<unknown>)[] = [];
  const close = async () => {
    for (const stop of closing.splice(0).toReversed()) await stop();
  };
  try {
    const temporal = temporalClient(address);
    closing.push(() => temporal.connection.close());
    await registerSearchAttributes(temporal.connection, temporalConfig().namespace ?? 'default');

    const token = secret();
    const relay = await createRelay({ temporal, bearerTokens: [token], logger });
    closing.push(() => relay.close());
    const relayUrl = await listenNear(options.relayPort ?? 0, (port) =>
      relay.listen({ host: '127.0.0.1', port }),
    );

    const apiKey = secret();
    // What an earlier one could not deliver goes out as soon as it starts.
    const webhook = { url: `${relayUrl}/webhooks/riskos`, auth: { type: 'bearer', token } } as const;
    const emulator = await listenNear(options.emulator?.port ?? 0, (port) =>
      startEmulator({ apiKey, pace: options.pace, webhook, ...options.emulator, port }),
    );
    closing.push(() => emulator.close());

    const riskos = createRiskosClient({
      baseUrl: emulator.url,
      apiKey,
      environment: 'Sandbox',
      workflow: 'workforce_verification',
      logger,
    });
    closing.push(() => riskos.close());
    const archive = openArchive(options.archive);
    closing.push(() => Promise.resolve(archive.close()));
    await archive.check();
    const { notifier, keys } = options;
    const workers = await createWorkers({
      riskos,
      archive,
      notifier,
      encryption: keys && { keys, dataConverter: workerConverter(keys) },
      requestsPerSecond: 100,
      taskQueue,
      address,
    });
    const running = workers.run();
    closing.push(async () => {
      workers.shutdown();
      await running.catch(() => undefined);
    });
    const { connection } = temporal;
    const { namespace } = temporal.options;
    const funnels = createFunnelClient({
      temporal: new Client({ connection, namespace, ...(keys ? encryptedClient(keys) : {}) }),
      taskQueue,
    });
    return { funnels, emulatorUrl: emulator.url, relayUrl, running, close };
  } catch (error) {
    await close();
    throw error;
  }
}

function secret(): string {
  return randomBytes(24).toString('base64url');
}
