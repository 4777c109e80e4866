import { Command } from 'commander';
import { examples } from './examples.ts';
import type { DevOptions } from './run-dev.ts';

export const dev = new Command('dev')
  .description('start all parts – Temporal, worker, relay, codec server, emulator – and keep them up')
  .option('--data <folder>', "where Temporal's database and the images are kept", '.data')
  .option('--pace <ms>', 'milliseconds between two steps of a played candidate', Number, 1000)
  .addHelpText('after', examples('dev', 'dev --data /tmp/funnel-data'))
  .action(async (options: DevOptions) => (await import('./run-dev.ts')).runDev(options));
