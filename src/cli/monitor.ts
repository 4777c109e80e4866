import { Command } from 'commander';
import { examples } from './examples.ts';

export const monitor = new Command('monitor')
  .description(
    'export metrics that count the funnels by stage and by what they wait for; one process is enough (settings: METRICS_ADDRESS, TEMPORAL_*)',
  )
  .addHelpText('after', examples('monitor'))
  .action(async () => (await import('./run-monitor.ts')).runMonitor());
