import { Command } from 'commander';
import { examples } from './examples.ts';

export const monitor = new Command('monitor')
  .description(
    'count the funnels by stage and by whom they wait for, as metrics; one process is enough (settings: METRICS_ADDRESS, TEMPORAL_*)',
  )
  .addHelpText('after', examples('monitor'))
  .action(async () => (await import('./run-monitor.ts')).runMonitor());
