import { Command } from 'commander';

export const worker = new Command('worker')
  .description('run the workflows and activities (settings: RISKOS_*, ARCHIVE_*, TEMPORAL_*)')
  .action(async () => (await import('./run-worker.ts')).runWorker());
