/** How soon all is well after a worker's kill -9: `npm run bench:recovery [-- --json] [-- --funnels 100]`. */
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { findTemporal, startDevServer } from '../src/dev-server/index.ts';
import { machine } from './machine.ts';
import { type Measured, median, missed } from './recovery/measured.ts';
import { requestsPerSecond } from './recovery/place.ts';
import { recoverSteps } from './recovery/steps.ts';
import { recoverWaiting } from './recovery/waiting.ts';

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, funnels: { type: 'string', default: '100' } },
});
const say = (line: string) => process.stderr.write(`${line}\n`);
const funnels = Number(values.funnels);
const binary = await findTemporal({ env: process.env, onProgress: say });
const server = await startDevServer({ binary, uiPort: false });
const measured: Measured[] = [
  ...(await recoverWaiting(server.address, funnels)),
  ...(await recoverSteps(server.address, 5)),
];
await server.stop();

const settings = `RISKOS_REQUESTS_PER_SECOND ${requestsPerSecond}; Temporal, relay, emulator and worker on one machine`;
if (values.json) {
  const figures = measured.map(({ what, times, target }) => ({
    what,
    p50: median(times),
    max: Math.max(...times),
    target,
  }));
  process.stdout.write(`${JSON.stringify({ machine: machine(binary), settings, measured: figures })}\n`);
} else {
  process.stdout.write(`${machine(binary)}\n${settings}\n\n${tableOf()}\n`);
}
const late = measured.filter(missed);
for (const { what } of late) say(`target missed: ${what}`);
process.exit(late.length === 0 ? 0 : 1);

function tableOf(): string {
  const table = new Table({
    head: ['after kill -9, in ms', 'n', 'p50', 'max', 'target'],
    style: { head: [], border: [], compact: true },
    colAligns: ['left', 'right', 'right', 'right', 'right'],
  });
  for (const { what, times, target } of measured) {
    table.push([what, times.length, median(times), Math.max(...times), target ?? '–']);
  }
  return table.toString();
}
