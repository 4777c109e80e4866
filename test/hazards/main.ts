import { Command } from 'commander';
import { ownTemporal } from '../../src/cli/process.ts';
import { findTemporal } from '../../src/dev-server/index.ts';
import { planOf } from './plan.ts';
import { failureLines, lineOf, linesOf, totalsOf } from './report.ts';
import { runSeed, type SeedResult } from './run-seed.ts';
import { devServerFor } from './stage.ts';

interface Options {
  seeds: number;
  seed: number;
  json?: boolean;
  keep?: string;
}

const say = (line: string) => process.stderr.write(`${line}\n`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));

/** Every process is started, killed and started again while candidates go through the funnel. */
await new Command('test:hazards')
  .description('kills and meddles by a seed, and checks that every funnel ends as if nothing had happened')
  .option('--seeds <n>', 'how many seeds', Number, 1)
  .option('--seed <n>', 'the first one', Number, 1)
  .option('--json', 'one JSON line for each seed, and one for all')
  .option('--keep <folder>', 'where the histories of failed funnels go')
  .action(async ({ seeds, seed, json, keep }: Options) => {
    ownTemporal();
    const binary = await findTemporal({ env: process.env, onProgress: say });
    const results: SeedResult[] = [];
    for (let at = seed; at < seed + seeds; at++) {
      const result = await runSeed(planOf(at), await devServerFor(binary), keep);
      results.push(result);
      if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
      else process.stdout.write(`${lineOf(result)}\n`);
      for (const surprise of new Set(result.surprises)) say(`  strange: ${surprise}`);
      for (const double of [...result.declared, ...result.undeclared]) {
        say(
          `  double: ${double.evaluationId}, ${double.created} evaluations, ${double.sms} SMS; ${double.why}`,
        );
      }
      for (const failure of result.failures) for (const line of failureLines(at, failure)) say(line);
    }
    const totals = totalsOf(results);
    process.stdout.write(json ? `${JSON.stringify(totals)}\n` : `\n${linesOf(totals).join('\n')}\n`);
    process.exitCode = totals.wrong + totals.undeclaredDoubles === 0 ? 0 : 1;
  })
  .parseAsync();
