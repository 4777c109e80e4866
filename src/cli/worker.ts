import { Command } from 'commander';
import { examples } from './examples.ts';

export const worker = new Command('worker')
  .description('run the workflows and activities (settings: RISKOS_*, ARCHIVE_*, TEMPORAL_*)')
  .addHelpText('after', examples('worker'))
  .action(async () => (await import('./run-worker.ts')).runWorker());
