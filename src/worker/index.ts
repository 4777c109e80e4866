export { activityMetrics } from './activity-metrics.ts';
export { activityOfNow } from './activity-of-now.ts';
export { codecMetrics } from './codec-metrics.ts';
export { riskosMetrics } from './riskos-metrics.ts';
export { sdkMetrics } from './sdk-metrics.ts';
export { enrichmentMetrics, type EnrichmentMetrics } from './enrichment-metrics.ts';
export { createWorkers, type FunnelWorkers, shutdownTimes, type WorkerParts } from './worker.ts';
