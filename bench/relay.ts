/**
 * The relay against a bare route that makes the same signal call, and under attack:
 * `npm run bench:relay [-- --json] [-- --fuzz 100000]`. The exit code is 1 when a target is missed.
 */
import { connect } from 'node:net';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { Pool } from 'undici';
import { temporalClient } from '../src/client/index.ts';
import { findTemporal, startDevServer } from '../src/dev-server/index.ts';
import { fuzz } from '../test/relay/fuzz.ts';
import { token } from '../test/support/constants.ts';
import { machine } from './machine.ts';
import { type Load, load, loadPool, median, quantile } from './relay/load.ts';
import { cpuOf, memoryOf, metric, startBare, startRelay } from './relay/servers.ts';

interface Figure {
  what: string;
  measured: number | string;
  target: string;
  met: boolean;
}

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, fuzz: { type: 'string', default: '100000' } },
});
const say = (line: string) => process.stderr.write(`${line}\n`);
const rounds = 25;
/** Deliveries of a slice: half a second or so, so that a pause of the machine spoils one round of many. */
const sliced = 400;
const deliveries = 1500;
const connections = 16;
const funnels = 200;

const binary = await findTemporal({ env: process.env, onProgress: say });
const server = await startDevServer({ binary, uiPort: false });
const relay = await startRelay(server.address);
const bare = await startBare(server.address);
const temporal = temporalClient(server.address);
// No worker runs them: the load is the relay's and the server's.
for (let nth = 0; nth < funnels; nth++) {
  await temporal.workflow.start('candidateFunnel', {
    workflowId: `funnel-bench-${nth}`,
    taskQueue: 'nobody',
  });
}
await temporal.connection.close();
const open = (nth: number) => `bench-${nth % funnels}~0123abcd~document_verification~1`;
const unknown = (nth: number) => `unknown-${nth}~0123abcd~document_verification~1`;

const figures: Figure[] = [
  ...(await compare()),
  ...(await manyUnknown(10_000)),
  ...(await whileSlow(500)),
  ...(await whileFuzzed(Number(values.fuzz))),
];
await relay.stop();
await bare.stop();
await server.stop();

if (values.json) {
  process.stdout.write(`${JSON.stringify({ machine: machine(binary), figures })}\n`);
} else {
  const table = new Table({
    head: ['', 'measured', 'target'],
    style: { head: [], border: [], compact: true },
  });
  for (const { what, measured, target } of figures) table.push([what, measured, target]);
  process.stdout.write(`${machine(binary)}\n${table.toString()}\n`);
}
const missed = figures.filter(({ met }) => !met);
for (const { what } of missed) say(`target missed: ${what}`);
process.exit(missed.length === 0 ? 0 : 1);

/**
 * In turns, in short slices: a round is relay, bare, bare, relay or the other way round, so that what drifts meets both.
 * What is judged is the median over all rounds; the bare route against itself shows how much of it is noise.
 */
async function compare(): Promise<Figure[]> {
  const pools = { relay: new Pool(relay.url, { connections }), bare: new Pool(bare.url, { connections }) };
  const slice = (name: Variant) => loadPool(pools[name], sliced, connections, open);
  for (const name of ['bare', 'relay', 'bare', 'relay'] as const) {
    await loadPool(pools[name], 3000, connections, open);
  }
  const memory = await memoryOf(relay.url);
  const cpu = { relay: await cpuOf(relay.url), bare: await cpuOf(bare.url) };
  const results: Record<Variant, Load[]>[] = [];
  for (let round = 1; round <= rounds; round++) {
    const [outer, inner]: [Variant, Variant] = round % 2 === 0 ? ['bare', 'relay'] : ['relay', 'bare'];
    const [first, second, third, last] = [
      await slice(outer),
      await slice(inner),
      await slice(inner),
      await slice(outer),
    ];
    results.push(
      outer === 'relay'
        ? { relay: [first, last], bare: [second, third] }
        : { relay: [second, third], bare: [first, last] },
    );
  }
  const grown = (await memoryOf(relay.url)) / memory;
  const each = (before: number, after: number) =>
    Math.round(((after - before) * 1e6) / (rounds * 2 * sliced));
  const own = each(cpu.relay, await cpuOf(relay.url));
  const bares = each(cpu.bare, await cpuOf(bare.url));
  await Promise.all(Object.values(pools).map((pool) => pool.close()));

  const perSecond = results.map((round) => ({ relay: rateOf(round.relay), bare: rateOf(round.bare) }));
  const latest = results.map((round) => ({ relay: p99Of(round.relay), bare: p99Of(round.bare) }));
  const ofRates = perSecond.map((one) => one.relay / one.bare);
  const ofP99s = latest.map((one) => one.relay / one.bare);
  const noise = results.flatMap(({ bare: [one, other] }) => (one && other ? [one.rate / other.rate] : []));
  const [rate, p99] = [median(ofRates), median(ofP99s)];
  const shown = (what: string, measured: number | string): Figure => ({
    what,
    measured,
    target: '–',
    met: true,
  });
  return [
    shown('webhooks/s of the relay', Math.round(median(perSecond.map((one) => one.relay)))),
    shown('webhooks/s of the bare route', Math.round(median(perSecond.map((one) => one.bare)))),
    { what: 'rate, relay to bare', measured: withSpread(ofRates), target: '≥ 0.9', met: rate >= 0.9 },
    { what: 'p99, relay to bare', measured: withSpread(ofP99s), target: '≤ 1.2', met: p99 <= 1.2 },
    shown('rate, bare to bare: the noise', withSpread(noise)),
    shown('processor time of a delivery, relay and bare, µs', `${own}, ${bares}`),
    {
      what: `memory after ${rounds * 2 * sliced} more deliveries`,
      measured: `× ${grown.toFixed(2)}`,
      target: '≤ 1.2',
      met: grown <= 1.2,
    },
  ];
}

type Variant = 'relay' | 'bare';

/** Of two slices of the same length. */
function rateOf(slices: readonly Load[]): number {
  return slices.length / slices.reduce((sum, { rate }) => sum + 1 / rate, 0);
}

function p99Of(slices: readonly Load[]): number {
  return slices.reduce((sum, { p99 }) => sum + p99, 0) / slices.length;
}

/** The median, and between which values the middle half of the rounds lies. */
function withSpread(ratios: readonly number[]): string {
  const [low, middle, high] = [quantile(ratios, 0.25), median(ratios), quantile(ratios, 0.75)];
  return `${middle.toFixed(2)} (${low.toFixed(2)} to ${high.toFixed(2)})`;
}

/** All at once, on as many connections as the relay takes from one address; what is answered 503 is sent again. */
async function manyUnknown(count: number): Promise<Figure[]> {
  const before = await memoryOf(relay.url);
  const began = performance.now();
  const { statuses } = await load(relay.url, count, 450, unknown);
  let left = count - (statuses['200'] ?? 0);
  const again = left;
  while (left > 0) left -= (await load(relay.url, left, 100, unknown)).statuses['200'] ?? 0;
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  const grown = (await memoryOf(relay.url)) / before;
  return [
    { what: `${count} unknown ids at once: seconds`, measured: seconds, target: '–', met: true },
    { what: '… of them answered 503 first', measured: again, target: '–', met: true },
    { what: '… memory', measured: `× ${grown.toFixed(2)}`, target: '≤ 1.5', met: grown <= 1.5 },
  ];
}

/** Half of them send headers slowly, half a body without a token; from another address than the others. */
async function whileSlow(count: number): Promise<Figure[]> {
  const alone = await load(relay.url, deliveries, connections, open);
  const { hostname, port } = new URL(relay.url);
  const sockets = new Set<ReturnType<typeof connect>>();
  let holding = true;
  const start = (nth: number) => {
    const socket = connect({ host: hostname, port: Number(port), localAddress: '127.0.0.2' });
    sockets.add(socket);
    const head = 'POST /webhooks/riskos HTTP/1.1\r\nHost: relay\r\n';
    socket.write(nth % 2 === 0 ? `${head}X-Slow: ` : `${head}Content-Length: 100000\r\n\r\n`);
    socket.on('error', () => {});
    socket.once('close', () => {
      sockets.delete(socket);
      if (holding) start(nth);
    });
  };
  for (let nth = 0; nth < count; nth++) start(nth);
  const drip = setInterval(() => {
    for (const socket of sockets) socket.write('x');
  }, 1000);
  const beside = await load(relay.url, deliveries, connections, open);
  holding = false;
  clearInterval(drip);
  for (const socket of sockets) socket.destroy();
  const answered = beside.statuses['200'] ?? 0;
  return [
    {
      what: `answered 200 beside ${count} slow sockets`,
      measured: `${answered} of ${deliveries}`,
      target: 'all',
      met: answered === deliveries,
    },
    {
      what: '… p99 with and without them, ms',
      measured: `${beside.p99}, ${alone.p99}`,
      target: '–',
      met: true,
    },
  ];
}

async function whileFuzzed(count: number): Promise<Figure[]> {
  if (count === 0) return [];
  const signalled = () => metric(relay.url, 'candidate_funnel_webhooks_total{result="signalled"}');
  const before = await signalled();
  const memory = await memoryOf(relay.url);
  const began = performance.now();
  const { sent } = await fuzz({ url: relay.url, token, target: open(0), count, seed: 1 });
  const seconds = Math.round((performance.now() - began) / 1000);
  const signals = (await signalled()) - before;
  const faults = await metric(relay.url, 'candidate_funnel_webhook_refusals_total{reason="failed"}');
  const grown = (await memoryOf(relay.url)) / memory;
  return [
    { what: `fuzz: requests in ${seconds} s`, measured: sent, target: '–', met: true },
    { what: '… signals', measured: signals, target: '0', met: signals === 0 },
    { what: '… crashes and faults', measured: faults, target: '0', met: faults === 0 },
    { what: '… memory', measured: `× ${grown.toFixed(2)}`, target: '≤ 1.2', met: grown <= 1.2 },
  ];
}
