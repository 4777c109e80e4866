import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type DevServer, findTemporal, startDevServer } from '../../src/dev-server/index.ts';
import type { Funnel } from '../../src/client/index.ts';
import { routingOf } from '../../src/worker/standing.ts';
import { type Changes, oneMoreTimer, releaseWith } from '../support/release.ts';
import { captureIn, createdFor, documentsOf, smsFor } from '../support/riskos.ts';
import { createRiskosWorker } from '../support/worker.ts';
import { createWorld, until, verdictsOf, type World } from '../support/world.ts';

let binary: string;
let folder: string;
beforeAll(async () => {
  binary = await findTemporal({ env: process.env, onProgress: () => {} });
  folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-versions-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let server: DevServer;
let world: World;
let deploymentName: string;
let stops: (() => Promise<void>)[];

async function open(dynamicConfig: Record<string, string> = {}): Promise<void> {
  server = await startDevServer({ binary, uiPort: false, dynamicConfig });
  world = await createWorld({
    address: server.address,
    scenarios: { person: { documents: [{ candidate: 'person' }] } },
  });
  await world.startRelay();
}

async function close(): Promise<void> {
  await world.close();
  await server.stop();
}

beforeEach(() => {
  deploymentName = `funnel-${randomBytes(4).toString('hex')}`;
  stops = [];
});
afterEach(async () => {
  await Promise.all(stops.map((stop) => stop()));
});

/** Starts a worker of a release of its own; the other ones go on. Resolves with what stops it. */
async function startVersion(buildId: string, changes: Changes = {}): Promise<() => Promise<void>> {
  const workflowBundle = await releaseWith(folder, buildId, changes);
  const stopWorker = await createRiskosWorker(world, world.emulator.url, {
    address: server.address,
    version: { deploymentName, buildId },
    workflowBundle,
  });
  let isStopped = false;
  const stop = async () => {
    if (!isStopped) await stopWorker();
    isStopped = true;
  };
  stops.push(stop);
  // The workflows' queue, its activities, and those of RiskOS and the images.
  await expect.poll(() => queuesOf(buildId)).toBe(4);
  return stop;
}

async function queuesOf(buildId: string): Promise<number> {
  const { workflowService, options } = world.temporal;
  const { workerDeploymentVersionInfo: info } = await workflowService
    .describeWorkerDeploymentVersion({
      namespace: options.namespace,
      deploymentVersion: { deploymentName, buildId },
    })
    .catch(() => ({ workerDeploymentVersionInfo: null }));
  return info?.taskQueueInfos?.length ?? 0;
}

const routing = (buildId: string) =>
  routingOf(world.temporal.connection, 'default', { deploymentName, buildId });

/** The commands of docs/upgrading.md under a heading, run as they stand there, with these variables. */
async function upgrade(heading: string, variables: Record<string, string> = {}): Promise<string> {
  const page = await readFile(new URL('../../docs/upgrading.md', import.meta.url), 'utf8');
  const section = page.split(/^#+ /m).find((one) => one.startsWith(`${heading}\n`)) ?? '';
  const commands = [...section.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, text]) => text ?? '').join('\n');
  if (commands === '') throw new Error(`docs/upgrading.md has no commands under "${heading}"`);
  const { stdout } = await promisify(execFile)('bash', ['--norc', '-eu', '-c', commands], {
    env: {
      PATH: [dirname(binary), process.env['PATH']].join(delimiter),
      HOME: folder,
      TEMPORAL_ADDRESS: server.address,
      WORKER_DEPLOYMENT_NAME: deploymentName,
      ...variables,
    },
  });
  return stdout;
}

async function makeCurrent(buildId: string): Promise<void> {
  await upgrade('Make it current', { NEW: buildId });
  await expect.poll(async () => (await routing(buildId)).standing).toBe('current');
}

/** Which build did the funnel's last workflow task. */
async function buildOf({ applicationId }: Funnel): Promise<string | undefined> {
  const { workflowService, options } = world.temporal;
  const { workflowExecutionInfo: info } = await workflowService.describeWorkflowExecution({
    namespace: options.namespace,
    execution: { workflowId: `funnel-${applicationId}` },
  });
  return info?.versioningInfo?.deploymentVersion?.buildId ?? undefined;
}

/** How often the pending workflow task has been tried. */
async function triesOf({ applicationId }: Funnel): Promise<number> {
  const { workflowService, options } = world.temporal;
  const { pendingWorkflowTask } = await workflowService.describeWorkflowExecution({
    namespace: options.namespace,
    execution: { workflowId: `funnel-${applicationId}` },
  });
  return pendingWorkflowTask?.attempt ?? 0;
}

async function openFunnel(name: string): Promise<Funnel> {
  const funnel = await world.start(name, { custom: { scenario: 'person' } });
  await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
  return funnel;
}

async function captured({ applicationId }: Funnel): Promise<void> {
  await captureIn(world, documentsOf(world, applicationId).at(-1)?.eval_id ?? '');
}

/** The verdicts of a candidate whom no release sent anything twice. */
async function expectWhole(funnel: Funnel): Promise<void> {
  const status = await until(funnel, ({ stage }) => stage === 'verified');
  expect(verdictsOf(status)).toEqual(['passive_check 1 accept', 'document_verification 1 accept']);
  expect(createdFor(world, funnel.applicationId)).toHaveLength(2);
  expect(smsFor(world, funnel.applicationId)).toHaveLength(1);
}

const closesAnew = { 'closed: ${': 'closed by v2: ${' };
const failsEachTask = {
  'async function walk(state) {': "async function walk(state) { throw new Error('bad release');",
};
const otherCommands = { 'async function walk(state) {': `async function walk(state) { ${oneMoreTimer}` };

describe('two versions of the workers', () => {
  beforeAll(() => open());
  afterAll(close);

  test('a funnel begun on v1 ends on v2, as soon as v2 is current', async () => {
    await startVersion('v1');
    await makeCurrent('v1');
    const funnel = await openFunnel('upgraded');
    expect(await buildOf(funnel)).toBe('v1');
    await startVersion('v2', closesAnew);
    expect((await routing('v2')).standing).toBe('waiting');
    await makeCurrent('v2');
    expect((await routing('v1')).standing).toBe('replaced');
    await captured(funnel);
    await expectWhole(funnel);
    expect(await buildOf(funnel)).toBe('v2');
    await funnel.complete();
    await funnel.result();
    expect((await funnel.timeline()).map(({ what }) => what)).toContain('closed by v2: completed');
  });

  test('a ramp gives v2 a share of the funnels, and takes it back', async () => {
    await startVersion('v1');
    await makeCurrent('v1');
    await startVersion('v2', closesAnew);
    await upgrade('Ramp', { NEW: 'v2' });
    await expect
      .poll(() => routing('v2'))
      .toMatchObject({
        standing: 'ramping',
        current: 'v1',
        ramping: { buildId: 'v2', percentage: 10 },
      });
    await upgrade('Take the ramp back', { NEW: 'v2' });
    await expect.poll(async () => (await routing('v2')).standing).toBe('waiting');
    expect((await routing('v1')).standing).toBe('current');
  });

  test.each([
    ['fails every workflow task', failsEachTask],
    ['does not replay what v1 did', otherCommands],
  ])('a bad v2 that %s is rolled back, and v1 goes on as if nothing had been', async (_what, changes) => {
    await startVersion('v1');
    await makeCurrent('v1');
    const funnel = await openFunnel('rolled-back');
    await startVersion('v2', changes);
    await makeCurrent('v2');
    await captured(funnel);
    await expect.poll(() => triesOf(funnel)).toBeGreaterThan(1);
    await upgrade('Roll back', { OLD: 'v1', NEW: 'v2' });
    await expectWhole(funnel);
    expect(await buildOf(funnel)).toBe('v1');
  });

  test('what a bad v2 has done with commands that v1 does not know is undone by a reset to before v2', async () => {
    await startVersion('v1');
    await makeCurrent('v1');
    const funnel = await openFunnel('reset');
    await startVersion('v2', {
      'async function restVerified(state, position) {': `async function restVerified(state, position) { ${oneMoreTimer}`,
    });
    await makeCurrent('v2');
    await captured(funnel);
    await expectWhole(funnel);
    await upgrade('Roll back', { OLD: 'v1', NEW: 'v2' });
    const completed = funnel.complete().catch((error: unknown) => error);
    await expect.poll(() => triesOf(funnel)).toBeGreaterThan(1);
    await upgrade('Undo what it did', { NEW: 'v2' });
    await completed;
    await expectWhole(funnel);
    await funnel.complete();
    await funnel.result();
  });
});

describe('workers without a version', () => {
  beforeAll(() => open());
  afterAll(close);

  test('hand their funnels over to a version that becomes current, and take them back', async () => {
    stops.push(await createRiskosWorker(world, world.emulator.url, { address: server.address }));
    const funnel = await openFunnel('switched');
    const stopV1 = await startVersion('v1');
    await makeCurrent('v1');
    await captured(funnel);
    await expectWhole(funnel);
    expect(await buildOf(funnel)).toBe('v1');
    await upgrade('To versions, and back');
    expect((await routing('v1')).current).toBeNull();
    await stopV1();
    await funnel.complete();
    expect(await funnel.result()).toMatchObject({ outcome: 'completed' });
  });
});

describe('states that v2 wrote', () => {
  // Temporal suggests continue-as-new after a few events, so that every release passes its state on.
  beforeAll(() => open({ 'limit.historyCount.suggestContinueAsNew': '12' }));
  afterAll(close);

  async function carried({ applicationId }: Funnel): Promise<string> {
    const handle = world.temporal.workflow.getHandle(`funnel-${applicationId}`);
    const { events } = await handle.fetchHistory();
    const data = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[1]?.data;
    return Buffer.from(data ?? '').toString();
  }

  test('with more fields are read by v1 after a rollback, which keeps the fields', async () => {
    await startVersion('v1');
    await startVersion('v2', {
      'baseline: application.baseline ?? null,':
        "baseline: application.baseline ?? null, ofNewer: { kept: ['yes'] },",
    });
    await makeCurrent('v2');
    const funnel = await openFunnel('newer-fields');
    const newer = '"ofNewer":{"kept":["yes"]}';
    await expect.poll(() => carried(funnel)).toContain(newer);
    await upgrade('Roll back', { OLD: 'v1', NEW: 'v2' });
    await captured(funnel);
    await expectWhole(funnel);
    await expect.poll(() => buildOf(funnel)).toBe('v1');
    expect(await carried(funnel)).toContain(newer);
  });

  test('of a higher version stop v1 by name and lose nothing: with v2 the funnel goes on', async () => {
    await startVersion('v1');
    await startVersion('v2', { 'const stateVersion = 1;': 'const stateVersion = 2;' });
    await makeCurrent('v2');
    const funnel = await openFunnel('higher-version');
    await expect.poll(() => carried(funnel)).toContain('"version":2');
    await upgrade('Roll back', { OLD: 'v1', NEW: 'v2' });
    await captured(funnel);
    await expect.poll(() => triesOf(funnel)).toBeGreaterThan(1);
    const handle = world.temporal.workflow.getHandle(`funnel-${funnel.applicationId}`);
    const { events = [] } = await handle.fetchHistory();
    const failures = events?.map((event) => event.workflowTaskFailedEventAttributes?.failure?.message) ?? [];
    expect(failures.join()).toContain('a newer release wrote the state of this funnel');
    await makeCurrent('v2');
    await expectWhole(funnel);
  });
});
