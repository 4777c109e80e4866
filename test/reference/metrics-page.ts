import { type Metric, type MetricProcess, metrics } from '../../src/contract/index.ts';
import { pageOf, table } from './markdown.ts';

const addresses: Record<MetricProcess, string> = {
  worker: '`METRICS_ADDRESS`; without it the worker serves none',
  relay: '`RELAY_HOST` and `RELAY_PORT`, 127.0.0.1:8080 unless set',
  'codec-server': '`CODEC_HOST` and `CODEC_PORT`, 127.0.0.1:8081 unless set',
  monitor: '`METRICS_ADDRESS`, 127.0.0.1:9465 unless set',
};

const about: Record<MetricProcess, string> = {
  worker: 'Each worker has its own: sum counters over all workers, and take the largest of an age.',
  relay: 'Each relay has its own.',
  'codec-server': 'Each codec server has its own.',
  monitor: 'One process is enough: it asks Temporal once a minute how many funnels stand where.',
};

const processes: MetricProcess[] = ['worker', 'relay', 'codec-server', 'monitor'];

/** docs/metrics.md. */
export async function renderMetricsPage(): Promise<string> {
  const shared = metrics.filter((metric) => processes.every((name) => metric.processes.includes(name)));
  return pageOf([
    '# Metrics reference',
    'This page lists the Prometheus metrics of each process, for setting up monitoring and reading a dashboard. Read [deployment](deployment.md) first for how to start Prometheus. The alerts are in `deploy/prometheus/alerts.yml`, and [the runbook](runbook.md) has a section for each. `npm run docs -- metrics` writes the page from `src/contract/metrics.ts`; a test compares it with what real processes serve.',
    'Labels hold words of closed sets: no id, no name, no address, nothing of a candidate. Counters start at 0 when a process starts. Metrics of workflow code appear with their first event, and also have the labels `namespace`, `taskQueue` and `workflowType`.',
    'The processes also serve the metrics of Node.js (`nodejs_…`, `process_…`) and of the [Temporal SDK](https://docs.temporal.io/references/sdk-metrics) (`temporal_…`).',
    table(
      ['process', '`/metrics`, `/readyz` and `/livez` at'],
      processes.map((name) => [`[${name}](#${name})`, addresses[name]]),
    ),
    '## Every process',
    rowsOf(shared),
    ...processes.flatMap((name) => [
      `## ${name}`,
      about[name],
      rowsOf(metrics.filter((metric) => metric.processes.includes(name) && !shared.includes(metric))),
    ]),
  ]);
}

function rowsOf(rows: readonly Metric[]): string {
  return table(
    ['metric', 'kind, unit', 'labels', 'meaning', 'normal'],
    rows.map(({ name, kind, unit, labels, help, normal }) => [
      `\`${name}\``,
      `${kind}, ${unit}`,
      labels.map((label) => `\`${label}\``).join(', ') || '–',
      help,
      normal,
    ]),
  );
}
