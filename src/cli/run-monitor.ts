import { temporalClient } from '../client/index.ts';
import { monitorSettings, readSettings } from '../config.ts';
import { addHealth, createHealthServer } from '../health.ts';
import { createProcessLogger } from './process-log.ts';
import { canCount, funnelGauges, keepFresh } from '../monitor/gauges.ts';
import { hostAndPort } from './address.ts';
import { stopRequested } from './process.ts';

/** Milliseconds between two rounds of count queries. */
const interval = 60_000;

export async function runMonitor(): Promise<void> {
  const settings = readSettings(monitorSettings);
  const logger = createProcessLogger('monitor');
  const temporal = temporalClient();
  const health = createHealthServer();
  const registry = addHealth(health, { process: 'monitor', checks: { temporal: () => canCount(temporal) } });
  const gauges = funnelGauges(temporal, registry, Date.now);
  const stop = new AbortController();
  const address = await health.listen(hostAndPort(settings.METRICS_ADDRESS));
  logger.info({ address }, 'monitor listens');
  const running = keepFresh(gauges, { interval, logger, signal: stop.signal });
  await stopRequested('monitor', { finishes: 'the query that is under way', logger });
  stop.abort();
  await running;
  await health.close();
  await temporal.connection.close();
  logger.info({}, 'monitor stopped');
}
