import Fastify from 'fastify';
import { openArchive } from '../archive/index.ts';
import { storageLimits } from '../storage/index.ts';
import { notifierOfSettings } from './notifier.ts';
import { archiveSettings, metricsSettings, queueSettings, readSettings, riskosSettings } from '../config.ts';
import { addHealth } from '../health.ts';
import { createLogger } from '../logging.ts';
import { createWorkers } from '../worker/index.ts';
import { riskosOfSettings } from './riskos.ts';
import { installRuntime } from './runtime.ts';

export async function runWorker(): Promise<void> {
  const riskosSetting = readSettings(riskosSettings);
  const archiveSetting = readSettings(archiveSettings);
  const { METRICS_ADDRESS } = readSettings(metricsSettings);
  const logger = createLogger('worker');
  installRuntime(logger);
  const riskos = riskosOfSettings(logger);
  const archive = openArchive({
    url: archiveSetting.ARCHIVE_URL,
    recipients: archiveSetting.ARCHIVE_RECIPIENTS,
  });
  for (const limit of await archive.check()) logger.warn({ limit }, storageLimits[limit]);
  const workers = await createWorkers({
    riskos,
    archive,
    imageMemory: archiveSetting.ARCHIVE_MEMORY_MB * 1024 ** 2,
    notifier: notifierOfSettings(),
    requestsPerSecond: riskosSetting.RISKOS_REQUESTS_PER_SECOND,
    taskQueue: readSettings(queueSettings).FUNNEL_TASK_QUEUE,
  });
  const health = Fastify();
  addHealth(health, () => workers.ready());
  if (METRICS_ADDRESS) await health.listen(hostAndPort(METRICS_ADDRESS));
  logger.info('worker runs');
  try {
    await workers.run();
  } finally {
    await health.close();
    await riskos.close();
    archive.close();
  }
  logger.info('worker stopped');
}

function hostAndPort(address: string): { host: string; port: number } {
  const at = address.lastIndexOf(':');
  return { host: address.slice(0, at), port: Number(address.slice(at + 1)) };
}
