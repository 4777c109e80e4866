import { Command } from 'commander';
import { examples } from './examples.ts';
import type { DevOptions } from './run-dev.ts';

export const dev = new Command('dev')
  .description('run everything locally until Ctrl-C: Temporal, worker, relay, codec server and emulator')
  .option('--data <folder>', "where Temporal's database and the images are kept", '.data')
  .option('--pace <ms>', 'milliseconds between two steps of a played candidate', Number, 1000)
  .addHelpText('after', examples('dev', 'dev --data /tmp/funnel-data'))
  .action(async (options: DevOptions) => (await import('./run-dev.ts')).runDev(options));
