import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import getPort from 'get-port';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import { killProcess, type Running, startProcess } from '../support/processes.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
let worker: Running;
let metricsUrl: string;
let folder: string;

/** The value of a series, such as `name{stage="review"}`, whatever other labels it has. */
async function valueOf(name: string, labels: Record<string, string> = {}, url = metricsUrl): Promise<number> {
  const text = await (await fetch(url)).text();
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`);
  const lines = text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  return lines
    .filter((line) => wanted.every((label) => line.includes(label)))
    .reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
}

beforeAll(async () => {
  world = await createWorld();
  await world.startRelay();
  folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-metrics-'));
  const port = await getPort({ host: '127.0.0.1' });
  metricsUrl = `http://127.0.0.1:${port}/metrics`;
  worker = await startProcess(
    ['worker'],
    {
      ...world.workerSettings,
      ARCHIVE_URL: pathToFileURL(folder).href,
      METRICS_ADDRESS: `127.0.0.1:${port}`,
    },
    /worker runs/,
  );
});
afterAll(async () => {
  await killProcess(worker);
  await world.close();
  await rm(folder, { recursive: true });
});

test('a worker counts what happens to funnels, its calls of RiskOS, and what the Temporal SDK counts', async () => {
  const funnel = await world.start('metrics', { custom: { scenario: 'accept' } });
  for await (const { stage } of funnel.watch()) if (stage === 'verified') break;
  await expect
    .poll(() =>
      valueOf('candidate_funnel_verdicts_total', { stage: 'document_verification', verdict: 'accept' }),
    )
    .toBe(1);
  expect(await valueOf('candidate_funnel_decision_seconds_count', { stage: 'document_verification' })).toBe(
    1,
  );
  const stages = { stage: 'document_verification' };
  expect(await valueOf('candidate_funnel_decisions_found_total', { ...stages, by: 'event' })).toBe(1);
  expect(await valueOf('candidate_funnel_decisions_found_total', { ...stages, by: 'poll' })).toBe(0);
  await expect.poll(() => valueOf('candidate_funnel_images_total', { result: 'archived' })).toBe(1);

  expect(await valueOf('candidate_funnel_riskos_requests_total', { verb: 'create', result: 'ok' })).toBe(2);
  expect(await valueOf('candidate_funnel_riskos_requests_total', { verb: 'documents', result: 'ok' })).toBe(
    1,
  );
  expect(await valueOf('candidate_funnel_riskos_request_seconds_count', { verb: 'create' })).toBe(2);

  expect(await valueOf('candidate_funnel_sdk_metrics_up')).toBe(1);
  expect(await valueOf('temporal_workflow_task_execution_latency_seconds_count')).toBeGreaterThan(0);
});

test('a monitor counts the funnels by stage and by whom they wait for', async () => {
  const funnel = await world.start('monitored', { policy: { documents: { start: 'on_request' } } });
  for await (const { stage } of funnel.watch()) if (stage === 'awaiting_document_request') break;
  const port = await getPort({ host: '127.0.0.1' });
  const monitor = await startProcess(
    ['monitor'],
    { TEMPORAL_ADDRESS: inject('temporalAddress'), METRICS_ADDRESS: `127.0.0.1:${port}` },
    /monitor listens/,
  );
  onTestFinished(() => killProcess(monitor));
  const url = `http://127.0.0.1:${port}/metrics`;
  await expect
    .poll(() => valueOf('candidate_funnel_monitor_refreshed_timestamp_seconds', {}, url))
    .toBeGreaterThan(0);
  // Other tests' funnels are counted too.
  const stage = { stage: 'awaiting_document_request' };
  expect(await valueOf('candidate_funnel_funnels', stage, url)).toBeGreaterThan(0);
  expect(await valueOf('candidate_funnel_waiting', { for: 'hr' }, url)).toBeGreaterThan(0);
});

test('a funnel that stops and one that closes are counted by cause and outcome', async () => {
  const refused = await world.start('attention', { custom: { scenario: 'workflow-failed' } });
  const closed = await world.start('closed', { custom: { scenario: 'passive-reject' } });
  await closed.result();
  await expect.poll(() => valueOf('candidate_funnel_closed_total', { outcome: 'rejected' })).toBe(1);
  await expect.poll(() => valueOf('candidate_funnel_attention_total', { cause: 'execution_failed' })).toBe(1);
  await refused.withdraw();
  await refused.result();
  expect(await valueOf('candidate_funnel_closed_total', { outcome: 'withdrawn' })).toBe(1);
});
