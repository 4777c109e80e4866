import { Command } from 'commander';
import { examples } from './examples.ts';
import type { DemoOptions } from './demo/run.ts';

export const demo = new Command('demo')
  .description('run a set of named candidates through the whole funnel on a local Temporal server')
  .option('--exit', 'exit when all candidates are done, even on a terminal')
  .option('--json', 'print one JSON line per candidate, then exit')
  .option('--only <names>', 'only these candidates, separated by commas')
  .addHelpText('after', examples('demo', 'demo --only accept,reverified', 'demo --json'))
  .action(async (options: DemoOptions) => (await import('./demo/run.ts')).runDemo(options));
