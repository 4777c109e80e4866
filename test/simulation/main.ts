import { availableParallelism } from 'node:os';
import { Command } from 'commander';
import { bundlePath } from '../../src/worker/bundle-path.ts';
import { simulateAll, type Totals, type WrongSeed } from './pool.ts';
import { openSandbox } from './server/sandbox.ts';
import { simulate } from './simulate.ts';

interface Options {
  seeds: number;
  from: number;
  seed?: number;
  trace?: boolean;
  bundle: string;
  processes: number;
  show: number;
}

const say = (line: string) => process.stdout.write(`${line}\n`);
const sayProgress = (line: string) => process.stderr.write(`${line}\n`);
const secondsSince = (began: number) => (performance.now() - began) / 1000;

/** Whole lives of funnels in virtual time, each from a seed, against the workflow bundle. */
await new Command('simulate')
  .description(
    'simulates whole funnels without a server, and checks each against what had to come of its plan',
  )
  .option('--seeds <n>', 'how many seeds', Number, 1000)
  .option('--from <seed>', 'the first one', Number, 1)
  .option('--seed <seed>', 'this one alone', Number)
  .option('--trace', 'every workflow task of it')
  .option('--bundle <file>', 'the workflow bundle', bundlePath)
  .option('--processes <n>', 'how many seeds at once', Number, availableParallelism())
  .option('--show <n>', 'how many wrong seeds are printed', Number, 20)
  .action(async ({ seed, trace, ...options }: Options) => {
    if (seed !== undefined) {
      const life = simulate(openSandbox(options.bundle), seed, trace ? { trace: say } : {});
      for (const reason of life.wrong) say(`seed ${seed}: ${reason}`);
      say(
        `seed ${seed}: ${life.wrong.length === 0 ? 'right' : 'wrong'}, ${life.tasks} workflow tasks; ${life.end}`,
      );
      process.exitCode = life.wrong.length === 0 ? 0 : 1;
      return;
    }
    const wrong: WrongSeed[] = [];
    const began = performance.now();
    let lived = 0;
    const totals = await simulateAll(options, {
      onLived: (seeds) => {
        lived += seeds;
        if (lived % 10_000 === 0)
          sayProgress(`${lived} of ${options.seeds} after ${secondsSince(began).toFixed(0)} s`);
      },
      onWrong: (one) => {
        wrong.push(one);
        if (wrong.length <= options.show) for (const line of wrongLines(one)) say(line);
      },
    });
    const seconds = secondsSince(began);
    for (const line of totalLines(totals, wrong, seconds)) say(line);
    process.exitCode = wrong.length === 0 ? 0 : 1;
  })
  .parseAsync();

function wrongLines({ seed, reason }: WrongSeed): string[] {
  return [`seed ${seed}: ${reason}`, `  again: npm run simulate -- --seed ${seed} --trace`];
}

function totalLines(totals: Totals, wrong: WrongSeed[], seconds: number): string[] {
  const ends = Object.entries(totals.ends)
    .toSorted(([, one], [, other]) => other - one)
    .map(([end, count]) => `${end} ${count}`);
  return [
    '',
    `lives          ${totals.seeds}, ${Math.round(totals.seeds / seconds)} a second`,
    `workflow tasks ${totals.tasks}, runs ${totals.runs}, POSTs ${totals.posts}`,
    `ended          ${ends.join(', ')}`,
    `wrong          ${wrong.length}`,
    `time           ${seconds.toFixed(1)} s`,
  ];
}
