import { setImmediate } from 'node:timers/promises';
import type { FromChild, Part, Totals } from './pool.ts';
import { openSandbox } from './server/sandbox.ts';
import { simulate } from './simulate.ts';

/** One process of the simulation: its part of the seeds comes as JSON in the first argument. */
const { bundle, from, step, count }: Part = JSON.parse(process.argv[2] ?? '');
const sandbox = openSandbox(bundle);
const totals: Totals = { seeds: 0, tasks: 0, runs: 0, posts: 0, ends: {} };
let rejection: unknown;
process.on('unhandledRejection', (reason) => (rejection = reason));

/** After so many seeds it says that it goes on. */
const stride = 100;

const tell = (message: FromChild): void => void process.send?.(message);

for (let index = 0; index < count; index++) {
  const seed = from + index * step;
  const life = simulate(sandbox, seed);
  // A promise of the workflow that nobody handles is reported by then.
  await setImmediate();
  if (rejection !== undefined)
    life.wrong.push(`unhandled rejection: ${rejection instanceof Error ? rejection.message : 'of no error'}`);
  rejection = undefined;
  const [reason] = life.wrong;
  if (reason !== undefined) tell({ kind: 'wrong', wrong: { seed, reason, end: life.end } });
  totals.seeds += 1;
  totals.tasks += life.tasks;
  totals.runs += life.runs;
  totals.posts += life.posts;
  const end = life.end.split(' ').slice(0, 2).join(' ').trim();
  totals.ends[end] = (totals.ends[end] ?? 0) + 1;
  if (totals.seeds % stride === 0) tell({ kind: 'lived', seeds: stride });
}
tell({ kind: 'done', totals });
process.disconnect();
