export { createWorkers, type FunnelWorkers, type WorkerParts } from './worker.ts';
