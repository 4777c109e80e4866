import { Command } from 'commander';
import { z } from 'zod';
import { examples } from './examples.ts';
import { InputError } from './errors.ts';

interface Options {
  query: string;
  limit: number;
  json?: boolean;
}

const limit = z.coerce.number().int().min(1).max(100_000);

export const checkReplay = new Command('check-replay')
  .description(
    'replay real workflows with the workflow code of this build, and say which would break: before a release',
  )
  .option('--query <query>', "which workflows, in Temporal's query language", "ExecutionStatus = 'Running'")
  .option('--limit <number>', 'at most so many, the latest first', limitOf, 500)
  .option('--json', 'one JSON line for each workflow')
  .addHelpText(
    'after',
    examples(
      'check-replay',
      "check-replay --query \"ExecutionStatus = 'Running' AND FunnelStage = 'verified'\" --limit 100",
    ),
  )
  .action(async (options: Options) => (await import('./check-replay/run.ts')).runCheckReplay(options));

function limitOf(text: string): number {
  const parsed = limit.safeParse(text);
  if (!parsed.success) throw new InputError('--limit must be a whole number from 1 to 100000');
  return parsed.data;
}
