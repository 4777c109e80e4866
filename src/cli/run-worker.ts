import getPort from 'get-port';
import { openArchive } from '../archive/index.ts';
import { workerConverter } from '../codec/index.ts';
import { storageLimits } from '../storage/index.ts';
import { hostAndPort } from './address.ts';
import { exitCodeOf } from './errors.ts';
import { notifierOfSettings } from './notifier.ts';
import { readSettings, workerSettings } from '../config.ts';
import { addHealth, createHealthServer } from '../health.ts';
import { createProcessLogger } from './process-log.ts';
import { observed } from '../riskos/index.ts';
import {
  activityMetrics,
  activityOfNow,
  codecMetrics,
  createWorkers,
  enrichmentMetrics,
  riskosMetrics,
  sdkMetrics,
  shutdownTimes,
  standingGauge,
  watchStanding,
} from '../worker/index.ts';
import { checkKeyStore, keyStoreOf } from './payload-keys.ts';
import { riskosOfSettings } from './riskos.ts';
import { stopRequested } from './process.ts';
import { installRuntime } from './runtime.ts';
import { workerVersion } from './worker-version.ts';

export async function runWorker(): Promise<void> {
  const settings = readSettings(workerSettings);
  const logger = createProcessLogger('worker', { context: activityOfNow });
  const metrics = enrichmentMetrics();
  const client = observed(riskosOfSettings(logger), metrics.count);
  const archive = openArchive({
    url: settings.ARCHIVE_URL,
    recipients: settings.ARCHIVE_RECIPIENTS,
  });
  const keys = keyStoreOf(settings);
  const sdkPort = settings.METRICS_ADDRESS ? await getPort({ host: '127.0.0.1' }) : undefined;
  installRuntime(logger, sdkPort);
  for (const limit of await archive.check()) logger.warn({ limit }, storageLimits[limit]);
  const health = createHealthServer();
  const registry = addHealth(health, {
    process: 'worker',
    checks: {
      temporal: () => workers.reachTemporal(),
      pollers: () => workers.isPolling(),
      ...(keys ? { key_store: () => keys.get('ready').then(() => true) } : {}),
    },
    more: async () => (sdkPort === undefined ? '' : sdkMetrics(sdkPort)),
  });
  const riskos = riskosMetrics(registry).observe(client);
  metrics.register(registry);
  const payloads = codecMetrics(registry, logger);
  const notifier = notifierOfSettings({ logger, registry });
  if (keys) await checkKeyStore(keys, logger);
  else logger.warn({}, 'PAYLOAD_ENCRYPTION=off: Temporal stores all data of candidates in clear');
  const version = workerVersion(settings);
  const gauge = standingGauge(registry);
  const workers = await createWorkers({
    riskos,
    archive,
    imageMemory: settings.ARCHIVE_MEMORY_MB * 1024 ** 2,
    notifier,
    encryption: keys && {
      keys,
      dataConverter: workerConverter(keys, payloads),
    },
    requestsPerSecond: settings.RISKOS_REQUESTS_PER_SECOND,
    taskQueue: settings.FUNNEL_TASK_QUEUE,
    interceptor: activityMetrics(registry),
    version,
  });
  if (settings.METRICS_ADDRESS) await health.listen(hostAndPort(settings.METRICS_ADDRESS));
  logger.info({ taskQueue: settings.FUNNEL_TASK_QUEUE }, 'worker runs');
  const stop = new AbortController();
  if (version && workers.routing)
    void watchStanding({ version, read: workers.routing, gauge, logger, signal: stop.signal });
  void stopRequested('worker', {
    finishes: 'the activities that are under way',
    logger,
    within: shutdownTimes.force + 10_000,
  });
  try {
    await workers.run();
  } catch (error) {
    logger.fatal({ error }, 'worker failed');
    process.exitCode = exitCodeOf(error);
  } finally {
    stop.abort();
    await health.close();
    await riskos.close();
    await notifier?.close();
    archive.close();
    keys?.close();
  }
  logger.info({}, 'worker stopped');
  // A worker that failed may have left something open.
  if (process.exitCode) process.exit();
}
