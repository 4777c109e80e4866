/**
 * The relay against a bare route that makes the same signal call, and under attack:
 * `npm run bench:relay [-- --json] [-- --fuzz 100000]`. The exit code is 1 when a target is missed.
 */
import { connect } from 'node:net';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { temporalClient } from '../src/client/index.ts';
import { findTemporal, startDevServer } from '../src/dev-server/index.ts';
import { fuzz } from '../test/relay/fuzz.ts';
import { token } from '../test/support/constants.ts';
import { machine } from './machine.ts';
import { load, median } from './relay/load.ts';
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
const rounds = 7;
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

/** In turns, so that whatever else the machine does meets both. */
async function compare(): Promise<Figure[]> {
  for (const { url } of [bare, relay, bare, relay]) await load(url, 3 * deliveries, connections, open);
  const ratios = { rate: [] as number[], p99: [] as number[] };
  const seen = { bare: [] as number[], relay: [] as number[] };
  const memory = await memoryOf(relay.url);
  const cpu = { relay: await cpuOf(relay.url), bare: await cpuOf(bare.url) };
  for (let round = 1; round <= rounds; round++) {
    const first = round % 2 === 0 ? [bare, relay] : [relay, bare];
    const results = new Map<string, Awaited<ReturnType<typeof load>>>();
    for (const { url } of first) results.set(url, await load(url, deliveries, connections, open));
    const [one, other] = [results.get(relay.url), results.get(bare.url)];
    if (!one || !other) throw new Error('a round has no result');
    say(`round ${round}: relay ${one.rate}/s, p99 ${one.p99} ms; bare ${other.rate}/s, p99 ${other.p99} ms`);
    ratios.rate.push(one.rate / other.rate);
    ratios.p99.push(one.p99 / other.p99);
    seen.relay.push(one.rate);
    seen.bare.push(other.rate);
  }
  const grown = (await memoryOf(relay.url)) / memory;
  const each = (before: number, after: number) =>
    Math.round(((after - before) * 1e6) / (rounds * deliveries));
  const own = each(cpu.relay, await cpuOf(relay.url));
  const bares = each(cpu.bare, await cpuOf(bare.url));
  const rate = median(ratios.rate);
  const p99 = median(ratios.p99);
  return [
    { what: 'webhooks/s of the relay', measured: median(seen.relay), target: '–', met: true },
    { what: 'webhooks/s of the bare route', measured: median(seen.bare), target: '–', met: true },
    { what: 'rate, relay to bare', measured: rate.toFixed(2), target: '≥ 0.9', met: rate >= 0.9 },
    { what: 'p99, relay to bare', measured: p99.toFixed(2), target: '≤ 1.2', met: p99 <= 1.2 },
    {
      what: 'processor time of a delivery, relay and bare, µs',
      measured: `${own}, ${bares}`,
      target: '–',
      met: true,
    },
    {
      what: `memory after ${rounds * deliveries} more deliveries`,
      measured: `× ${grown.toFixed(2)}`,
      target: '≤ 1.2',
      met: grown <= 1.2,
    },
  ];
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
