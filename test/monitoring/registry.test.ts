import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { z } from 'zod';
import { type Metric, type MetricProcess, metrics, workflowIdOf } from '../../src/contract/index.ts';
import { version } from '../../src/version.ts';
import { exampleApplication } from '../support/application.ts';
import { createInstallation, type Installation } from '../support/installation.ts';
import { type Scrape, scrape, valueOf } from '../support/metrics.ts';
import { quickPolicy, until } from '../support/world.ts';

let place: Installation;

const processes: MetricProcess[] = ['worker', 'relay', 'codec-server', 'monitor'];
/** Added by the Temporal SDK to whatever a workflow counts. */
const sdkLabels = ['namespace', 'taskQueue', 'workflowType', 'service_name'];
const ofOthers = /^(temporal|nodejs|process)_/;

beforeAll(async () => {
  const taskQueue = `registry-${randomBytes(4).toString('hex')}`;
  place = await createInstallation(inject('temporalAddress'), taskQueue);
  await Promise.all(processes.map((name) => place.start(name)));
});
afterAll(() => place.close());

async function start(name: string, scenario: string) {
  const applicationId = `${name}-${randomBytes(4).toString('hex')}`;
  return place.funnels.startFunnel(
    exampleApplication(applicationId, { custom: { scenario }, policy: quickPolicy }),
  );
}

/** A workflow that this release does not have: its task fails until a release that has it runs. */
async function startUnknown(): Promise<string> {
  const { workflowId } = await place.temporal.workflow.start('workflowOfANewerRelease', {
    taskQueue: place.settings['FUNNEL_TASK_QUEUE'] ?? '',
    workflowId: workflowIdOf(`unknown-${randomBytes(4).toString('hex')}`),
  });
  return workflowId;
}

test('the release is that of package.json', async () => {
  const manifest = z
    .object({ version: z.string() })
    .parse(JSON.parse(await readFile('package.json', 'utf8')));
  expect(version).toBe(manifest.version);
});

async function rises(url: string, name: string, labels: Record<string, string> = {}): Promise<void> {
  await vi.waitFor(async () => expect(await valueOf(url, name, labels)).toBeGreaterThan(0), {
    timeout: 90_000,
    interval: 200,
  });
}

describe('the metrics of real processes', () => {
  const served = new Map<MetricProcess, Scrape>();

  beforeAll(async () => {
    const verified = await start('verified', 'accept');
    await until(verified, ({ images }) => images[0]?.result === 'archived');
    await verified.withdraw();
    const stopped = await start('stopped', 'workflow-failed');
    await until(stopped, ({ stage }) => stage === 'needs_attention');
    await stopped.withdraw();
    const stuck = await startUnknown();
    const url = `${place.urls.worker}/metrics`;
    await rises(url, 'temporal_workflow_task_execution_failed');
    await place.temporal.workflow.getHandle(stuck).terminate('the test is over');
    await rises(`${place.urls.monitor}/metrics`, 'candidate_funnel_monitor_refreshed_timestamp_seconds');
    await rises(url, 'candidate_funnel_closed_total');
    await rises(url, 'candidate_funnel_notices_total', { result: 'taken' });
    for (const name of processes) served.set(name, await scrape(`${place.urls[name]}/metrics`));
  });

  test.each(processes)('of %s are those of the registry, and the other way round', (name) => {
    const kinds = served.get(name)?.kinds ?? new Map<string, string>();
    const described = metrics.filter((metric) => metric.processes.includes(name));
    const ours = [...kinds.keys()].filter((metric) => !ofOthers.test(metric));
    expect(ours.filter((metric) => !described.some((one) => one.name === metric))).toEqual([]);
    expect(described.filter((metric) => kinds.get(metric.name) !== metric.kind)).toEqual([]);
  });

  test.each(processes)('of %s have the labels of the registry, and few series', (name) => {
    const samples = served.get(name)?.samples ?? [];
    const described = metrics.filter(
      (metric) => metric.processes.includes(name) && !ofOthers.test(metric.name),
    );
    for (const metric of described) {
      const series = samples.filter((sample) => isOf(metric, sample.name));
      const labels = new Set(series.flatMap((sample) => Object.keys(sample.labels)));
      const unknown = [...labels].filter((label) => ![...metric.labels, ...sdkLabels, 'le'].includes(label));
      expect({ metric: metric.name, unknown, few: series.length < 150 }).toEqual({
        metric: metric.name,
        unknown: [],
        few: true,
      });
    }
  });
});

/** A histogram's series have endings. */
function isOf({ name, kind }: Metric, series: string): boolean {
  return series === name || (kind === 'histogram' && series.replace(/_(bucket|sum|count)$/, '') === name);
}
