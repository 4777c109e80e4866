import { createArchiveKey, openArchive } from '../../src/archive/index.ts';
import type { Notifier } from '../../src/notifier/index.ts';
import { createRiskosClient } from '../../src/riskos/index.ts';
import { createWorkers } from '../../src/worker/index.ts';
import type { WorkerParts } from '../../src/worker/worker.ts';
import { inject } from 'vitest';
import { apiKey, silent } from './constants.ts';
import './runtime.ts';

/** A worker in this process that reaches RiskOS at `baseUrl`; returns what stops it. */
export async function createRiskosWorker(
  world: { archiveFolder: string; taskQueue: string },
  baseUrl: string,
  options: {
    apiKey?: string;
    address?: string;
    environment?: 'Sandbox' | 'Production';
    notifier?: Notifier;
    encryption?: WorkerParts['encryption'];
    version?: WorkerParts['version'];
    workflowBundle?: string;
  } = {},
): Promise<() => Promise<void>> {
  const riskos = createRiskosClient({
    baseUrl,
    apiKey: options.apiKey ?? apiKey,
    environment: options.environment ?? 'Sandbox',
    workflow: 'workforce_verification',
    logger: silent,
  });
  const { recipient } = await createArchiveKey();
  const workers = await createWorkers({
    riskos,
    archive: openArchive({ url: `file://${world.archiveFolder}`, recipients: [recipient] }),
    notifier: options.notifier,
    encryption: options.encryption,
    version: options.version,
    ...(options.workflowBundle === undefined ? {} : { workflowBundle: options.workflowBundle }),
    requestsPerSecond: 1000,
    // A second one takes as long to load as most tests to run.
    workflowThreads: 1,
    taskQueue: world.taskQueue,
    address: options.address ?? inject('temporalAddress'),
  });
  const running = workers.run();
  return async () => {
    workers.shutdown();
    await running;
    await riskos.close();
  };
}
