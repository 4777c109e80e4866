import { Command } from 'commander';
import { examples } from './examples.ts';
import type { DemoOptions } from './demo/run.ts';

export const demo = new Command('demo')
  .description('take a set of named candidates through the whole funnel, with everything started for you')
  .option('--exit', 'end when all are through, also on a terminal')
  .option('--json', 'print one JSON line a candidate, and end')
  .option('--only <names>', 'only these candidates, separated by commas')
  .addHelpText('after', examples('demo', 'demo --only accept,reverified', 'demo --json'))
  .action(async (options: DemoOptions) => (await import('./demo/run.ts')).runDemo(options));
