export { activityMetrics } from './activity-metrics.ts';
export { activityOfNow } from './activity-of-now.ts';
export { codecMetrics } from './codec-metrics.ts';
export { riskosMetrics } from './riskos-metrics.ts';
export { sdkMetrics } from './sdk-metrics.ts';
export { enrichmentMetrics, type EnrichmentMetrics } from './enrichment-metrics.ts';
export { routingOf, type Routing, type Standing, standingGauge, watchStanding } from './standing.ts';
export { createWorkers, type FunnelWorkers, shutdownTimes, type WorkerParts } from './worker.ts';
