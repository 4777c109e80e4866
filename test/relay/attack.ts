/**
 * Attacks a running relay in every way of `attacks.ts`, and prints what came of it:
 * `npm run attack:relay -- --url http://127.0.0.1:8080 --token TOKEN [--target EVALUATION_ID] [--count 10000] [--sockets 200]
 * [--seed 1] [--json]`. The exit code is 0 when the relay lives, has signalled nothing and counts no fault of its own.
 */
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { request } from 'undici';
import { attacks } from './attacks.ts';

const { values } = parseArgs({
  options: {
    url: { type: 'string' },
    token: { type: 'string' },
    target: { type: 'string', default: 'app-1~0123abcd~passive_check~1' },
    count: { type: 'string', default: '10000' },
    sockets: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
});
const { url, token, target: evaluationId } = values;
if (!url || !token) {
  process.stderr.write('--url and --token are needed\n');
  process.exit(2);
}
const target = {
  url,
  token,
  evaluationId,
  count: Number(values.count),
  sockets: Number(values.sockets),
  seed: Number(values.seed),
};

const before = await counts(url);
const results: { attack: string; sent: number; statuses: Record<string, number> }[] = [];
for (const [attack, run] of Object.entries(attacks)) {
  process.stderr.write(`${attack} …\n`);
  results.push({ attack, ...(await run(target)) });
}
const after = await counts(url);
const summary = {
  attacks: results.length,
  sent: results.reduce((sum, { sent }) => sum + sent, 0),
  crashes: after.started === before.started ? 0 : 1,
  signals: after.signalled - before.signalled,
  faults: after.failed - before.failed,
};

if (values.json) {
  process.stdout.write(`${JSON.stringify({ ...summary, results })}\n`);
} else {
  const table = new Table({
    head: ['attack', 'sent', 'answers'],
    style: { head: [], border: [], compact: true },
  });
  for (const { attack, sent, statuses } of results) {
    const answers = Object.entries(statuses).map(
      ([status, count]) => `${status === '0' ? 'none' : status}: ${count}`,
    );
    table.push([attack, sent, answers.join(', ')]);
  }
  process.stdout.write(`${table.toString()}\n${JSON.stringify(summary)}\n`);
}
process.exit(summary.crashes + summary.signals + summary.faults === 0 ? 0 : 1);

/** What the relay counts; "started" changes when it was started anew. */
async function counts(relay: string): Promise<{ started: number; signalled: number; failed: number }> {
  const answer = await request(`${relay}/metrics`);
  const lines = (await answer.body.text()).split('\n');
  const read = (series: string) => {
    const line = lines.find((one) => one.startsWith(`${series} `));
    if (line === undefined) throw new Error(`this is no relay: it has no ${series}`);
    return Number(line.slice(series.length));
  };
  return {
    started: read('process_start_time_seconds'),
    signalled: read('candidate_funnel_webhooks_total{result="signalled"}'),
    failed: read('candidate_funnel_webhook_refusals_total{reason="failed"}'),
  };
}
