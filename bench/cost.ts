/** What one funnel costs, against `budget.json`: `npm run bench:cost [-- --json] [-- --first 40]`. */
import { parseArgs } from 'node:util';
import { findTemporal, startDevServer } from '../src/dev-server/index.ts';
import { accept, acceptAndTell, acceptWithNotes } from './cost/accept.ts';
import { exceeded, readBudgets } from './cost/budget.ts';
import { capture, scaleText } from './cost/capture.ts';
import { journeys } from './cost/journeys.ts';
import type { Row } from './cost/measures.ts';
import { progressNote } from './cost/note.ts';
import { tableOf } from './cost/table.ts';
import { verifiedAtRest, verifiedWithTimer } from './cost/verified.ts';
import { machine } from './machine.ts';

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, first: { type: 'string', default: '40' } },
});
const say = (line: string) => process.stderr.write(`${line}\n`);
const scale = { first: Number(values.first), days: 2 };
if (!Number.isInteger(scale.first) || scale.first < 1) {
  say('--first must be a whole number of milliseconds');
  process.exit(2);
}
const limits = await readBudgets();
const binary = await findTemporal({ env: process.env, onProgress: say });
const server = await startDevServer({ binary, uiPort: false });
say(`measuring; ${scaleText(scale)}`);
const [days, others] = await Promise.all([capture(server.address, scale), inTurn(server.address)]);
await server.stop();

const rows = [...others.slice(0, 2), ...days, ...others.slice(2)];
const problems = exceeded(rows, limits);
if (values.json) {
  process.stdout.write(
    `${JSON.stringify({ machine: machine(binary), scale: scaleText(scale), rows, budgets: limits, exceeded: problems })}\n`,
  );
} else {
  process.stdout.write(`${machine(binary)}\nscale: ${scaleText(scale)}\n\n${tableOf(rows, limits)}\n\n`);
  process.stdout.write(
    'value / budget. bytes: historySizeBytes of DescribeWorkflowExecution. actions: as Temporal Cloud bills the history,\n' +
      'without queries. post to documents: calls to RiskOS.\n',
  );
}
for (const problem of problems) say(`over budget: ${problem}`);
if (problems.length === 0) say('all budgets are met');
process.exit(problems.length === 0 ? 0 : 1);

/** One after the other, so that they do not make each other late. */
async function inTurn(address: string): Promise<Row[]> {
  const rowsInTurn: Row[] = [];
  const scenarios = [
    accept,
    verifiedAtRest,
    verifiedWithTimer,
    progressNote,
    ...journeys,
    acceptWithNotes,
    acceptAndTell,
  ];
  for (const scenario of scenarios) rowsInTurn.push(...(await scenario(address)));
  return rowsInTurn;
}
