/**
 * What a funnel costs beside a bare workflow (an activity that POSTs, a signal, an activity that GETs) on the same server:
 * `npm run bench:ratio [-- --json] [-- --rounds 15] [-- --funnels 40]`. The exit code is 1 when a target is missed.
 */
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { findTemporal, startDevServer } from '../src/dev-server/index.ts';
import { machine } from './machine.ts';
import { startBare } from './ratio/bare.ts';
import type { Contender } from './ratio/contender.ts';
import { funnels } from './ratio/funnels.ts';
import { processorTime } from './ratio/processor-time.ts';
import { median } from './recovery/measured.ts';
import { createPlace } from './recovery/place.ts';

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '15' },
    funnels: { type: 'string', default: '40' },
  },
});
const say = (line: string) => process.stderr.write(`${line}\n`);
const [rounds, count] = [Number(values.rounds), Number(values.funnels)];

/** Milliseconds, of one round. */
interface Round {
  worker: number;
  server: number;
  latency: number;
}

const binary = await findTemporal({ env: process.env, onProgress: say });
const server = await startDevServer({ binary, uiPort: false });
const place = await createPlace(server.address);
const encrypted = await createPlace(server.address, 'on');
const images = await createPlace(server.address);
// One worker each: what a worker did before shows in what it costs, by compiled code and by garbage.
const { pid } = await place.startWorkerProcess();
const forImages = await images.startWorkerProcess();
const withKeys = await encrypted.startWorkerProcess();
const bare = await startBare(server.address, place);
const bareImages = await startBare(server.address, images, { images: true });
const contenders = [
  bare,
  bareImages,
  funnels('funnel', place, pid),
  funnels('encrypted funnel', encrypted, withKeys.pid),
  funnels('funnel with images', images, forImages.pid),
];
const measured = new Map<string, Round[]>(contenders.map(({ name }) => [name, []]));

try {
  // The first round only warms up: code that is compiled, connections that are opened.
  for (let round = 0; round <= rounds; round++) {
    for (const contender of round % 2 === 0 ? contenders : contenders.toReversed()) {
      const result = await measure(contender);
      if (round > 0) measured.get(contender.name)?.push(result);
      const figures = `worker ${result.worker.toFixed(1)} ms, server ${result.server.toFixed(1)} ms, latency ${result.latency} ms`;
      say(`${round === 0 ? 'warm-up' : `round ${round}`}: ${contender.name}: ${figures}`);
    }
  }
} finally {
  await bare.stop();
  await bareImages.stop();
  await place.close();
  await images.close();
  await encrypted.close();
  await server.stop();
}

const medianOf = (name: string, figure: keyof Round) =>
  median((measured.get(name) ?? []).map((round) => round[figure]));
/** The median of the rounds' ratios: what disturbs one round disturbs both of its figures. */
const ratioOf = (name: string, to: string, figure: keyof Round) => {
  const others = measured.get(to) ?? [];
  return median(
    (measured.get(name) ?? []).map((round, at) => round[figure] / (others[at]?.[figure] ?? Number.NaN)),
  );
};
const rows = [
  { what: 'worker CPU to verified', name: 'funnel', to: 'bare', figure: 'worker', target: 2.2 },
  {
    what: 'worker CPU to archived images',
    name: 'funnel with images',
    to: 'bare',
    figure: 'worker',
    target: undefined,
  },
  {
    what: 'worker CPU to archived images',
    name: 'funnel with images',
    to: 'bare with images',
    figure: 'worker',
    target: 2.2,
  },
  { what: 'signal to verdict, one at a time', name: 'funnel', to: 'bare', figure: 'latency', target: 1.8 },
  { what: 'worker CPU, encrypted', name: 'encrypted funnel', to: 'funnel', figure: 'worker', target: 1.15 },
  {
    what: 'signal to verdict, encrypted',
    name: 'encrypted funnel',
    to: 'funnel',
    figure: 'latency',
    target: undefined,
  },
  { what: 'server CPU to verified', name: 'funnel', to: 'bare', figure: 'server', target: undefined },
  {
    what: 'server CPU to archived images',
    name: 'funnel with images',
    to: 'bare',
    figure: 'server',
    target: undefined,
  },
] as const;
const figures = rows.map(({ what, name, to, figure, target }) => ({
  what,
  funnel: medianOf(name, figure),
  to,
  other: medianOf(to, figure),
  ratio: ratioOf(name, to, figure),
  target,
}));

if (values.json) {
  process.stdout.write(`${JSON.stringify({ machine: machine(binary), rounds, funnels: count, figures })}\n`);
} else {
  const table = new Table({
    head: ['ms for each workflow, medians', 'funnel', 'beside', '', 'ratio', 'target'],
    style: { head: [], border: [], compact: true },
    colAligns: ['left', 'right', 'left', 'right', 'right', 'right'],
  });
  for (const { what, funnel, to, other, ratio, target } of figures) {
    table.push([what, funnel.toFixed(1), to, other.toFixed(1), ratio.toFixed(2), target ?? '–']);
  }
  process.stdout.write(`${machine(binary)}\n${rounds} rounds of ${count}\n${table.toString()}\n`);
}
// A figure that is not there is missed too.
const missed = figures.filter(({ ratio, target }) => target !== undefined && !(ratio <= target));
for (const { what } of missed) say(`target missed: ${what}`);
process.exit(missed.length === 0 ? 0 : 1);

/** The processor time of `count` at once; then the latency of some, one at a time. */
async function measure(contender: Contender): Promise<Round> {
  const before = {
    worker: await processorTime(contender.workerPid),
    server: await processorTime(server.pid),
  };
  await contender.finish(await contender.start(count));
  const after = { worker: await processorTime(contender.workerPid), server: await processorTime(server.pid) };
  const latencies: number[] = [];
  for (let nth = 0; nth < 5; nth++) {
    const ids = await contender.start(1);
    await contender.finish(ids);
    for (const id of ids) latencies.push(await contender.latency(id));
  }
  return {
    worker: (after.worker - before.worker) / count,
    server: (after.server - before.server) / count,
    latency: median(latencies),
  };
}
