import { randomBytes } from 'node:crypto';
import getPort from 'get-port';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { build, buildInWords } from '../../src/build-info.ts';
import { killProcess, run, type Running, startProcess } from '../support/processes.ts';
import { createWorld, type World } from '../support/world.ts';

const version = { deploymentName: `funnel-${randomBytes(4).toString('hex')}`, buildId: 'release-1' };

let world: World;
let worker: Running;
let url: string;
let settings: Record<string, string>;

beforeAll(async () => {
  world = await createWorld();
  await world.startRelay();
  const port = await getPort({ host: '127.0.0.1' });
  url = `http://127.0.0.1:${port}`;
  settings = {
    ...world.workerSettings,
    METRICS_ADDRESS: `127.0.0.1:${port}`,
    WORKER_DEPLOYMENT_NAME: version.deploymentName,
    WORKER_BUILD_ID: version.buildId,
  };
  worker = await startProcess(['worker'], settings, /worker runs/);
});
afterAll(async () => {
  await killProcess(worker);
  await world.close();
});

const standing = async () => {
  const metrics = await (await fetch(`${url}/metrics`)).text();
  return /candidate_funnel_worker_version\{standing="(\w+)"\} 1/.exec(metrics)?.[1];
};

interface Finding {
  about: string;
  result: string;
  says: string;
  remedy: string | null;
}

async function doctorOnVersion(env: Record<string, string>): Promise<Finding | undefined> {
  const { stdout } = await run(['doctor', '--json'], env);
  const findings: Finding[] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  return findings.find(({ about }) => about === 'worker version');
}

test('a worker whose version is not current says so in its log, its metrics and to doctor, until it is', async () => {
  await expect.poll(standing).toBe('waiting');
  await expect
    .poll(() => worker.log())
    .toMatch(
      /"level":"warn".*"standing":"waiting".*not current: it gets no funnels until somebody runs .*--build-id release-1/,
    );
  expect(await doctorOnVersion(settings)).toMatchObject({
    result: 'fault',
    says: 'release-1 gets no funnels: no version is current, and workers without a version get the work',
    remedy: expect.stringContaining('set-current-version'),
  });
  const { workflowService, options } = world.temporal;
  const { namespace } = options;
  await expect
    .poll(() => workflowService.setWorkerDeploymentCurrentVersion({ namespace, ...version }))
    .toBeTruthy();
  await expect.poll(standing).toBe('current');
  await expect
    .poll(() => worker.log())
    .toContain('the version of this worker is current: it gets every funnel');
  expect(await doctorOnVersion(settings)).toMatchObject({ result: 'ok' });
  expect(await doctorOnVersion({ ...settings, WORKER_BUILD_ID: 'release-2' })).toMatchObject({
    result: 'fault',
    says: 'no worker of release-2 has asked for work: release-1 is current',
  });
  const funnel = await world.start('versioned', { custom: { scenario: 'passive-reject' } });
  expect(await funnel.result()).toMatchObject({ outcome: 'rejected' });
});

test('which build it is stands in --version, in each log line, in health and in the metrics', async () => {
  expect((await run(['--version'])).stdout).toBe(`${buildInWords}\n`);
  expect(build.buildId).toMatch(/^[0-9a-f]{12}(-dirty-[0-9a-f]{8})?$/);
  const lines = worker.log().trim().split('\n');
  expect(lines.filter((line) => !line.includes(`"build":"${build.buildId}"`))).toEqual([]);
  for (const path of ['livez', 'readyz'])
    expect(await (await fetch(`${url}/${path}`)).json()).toMatchObject(build);
  expect(await (await fetch(`${url}/metrics`)).text()).toContain(
    `candidate_funnel_build_info{process="worker",version="${build.version}",build="${build.buildId}"} 1`,
  );
});

test('without WORKER_DEPLOYMENT_NAME doctor leaves versions out; a name or an id that Temporal cannot take is refused', async () => {
  const { WORKER_DEPLOYMENT_NAME: _name, ...unversioned } = settings;
  expect(await doctorOnVersion(unversioned)).toMatchObject({ result: 'skipped' });
  const { code, stderr } = await run(['worker'], {
    ...settings,
    WORKER_DEPLOYMENT_NAME: 'a.b',
    WORKER_BUILD_ID: 'a:b',
  });
  expect(code).toBe(2);
  expect(stderr).toMatch(/WORKER_DEPLOYMENT_NAME must have up to 100.*WORKER_BUILD_ID must have up to 100/);
});
