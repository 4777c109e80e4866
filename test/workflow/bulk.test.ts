import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Funnel, FunnelFilter } from '../../src/client/index.ts';
import { type DevServer, findTemporal, startDevServer } from '../../src/dev-server/index.ts';
import { createGateway, type Gateway } from '../support/gateway.ts';
import { run } from '../support/processes.ts';
import { createdFor } from '../support/riskos.ts';
import { createWorld, quickPolicy, until, type World } from '../support/world.ts';

const many = 20;

/** A server of its own: a batch takes all funnels that stopped, those of other tests too. */
let server: DevServer;
let world: World;
let gateway: Gateway;
let env: Record<string, string>;

beforeAll(async () => {
  const binary = await findTemporal({ env: process.env, onProgress: () => {} });
  server = await startDevServer({ binary, uiPort: false });
  const absent = { documents: [{ candidate: 'absent' as const }] };
  world = await createWorld({ address: server.address, scenarios: { absent } });
  gateway = await createGateway(world.emulator.url);
  await world.startRelay();
  await world.startWorker(gateway.url);
  env = { TEMPORAL_ADDRESS: server.address, FUNNEL_TASK_QUEUE: world.taskQueue };
});
afterAll(async () => {
  await world.close();
  await gateway.close();
  await server.stop();
});

const startMany = (name: string): Promise<Funnel[]> =>
  Promise.all(
    Array.from({ length: many }, (_, at) => world.start(`${name}-${at}`, { custom: { scenario: 'absent' } })),
  );
const idsOf = (funnels: { applicationId: string }[]) =>
  funnels.map(({ applicationId }) => applicationId).toSorted();
const found = async (filter: FunnelFilter) => idsOf(await world.funnels.list({ ...filter, limit: 1000 }));
/** Temporal's list can lag by a second. */
const patience = { timeout: 60_000 };

const answer = (status: number, body: object) => ({ status, body: JSON.stringify(body) });

test(
  `an outage of RiskOS is a filter, which ${many} funnels leave by themselves`,
  { timeout: 180_000 },
  async () => {
    gateway.meddle = ({ method }) => (method === 'POST' ? answer(429, { message: 'Too many' }) : 'pass');
    const funnels = await startMany('outage');
    await expect.poll(() => found({ trouble: true }), patience).toEqual(idsOf(funnels));
    expect(await found({ trouble: 'request_not_taken' })).toEqual(idsOf(funnels));
    expect(await found({ trouble: 'unreadable' })).toEqual([]);
    expect(await found({ attention: true })).toEqual([]);

    gateway.meddle = () => 'pass';
    await Promise.all(
      funnels.map((funnel) => until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link')),
    );
    await expect.poll(() => found({ trouble: true }), patience).toEqual([]);
  },
);

describe(`after a wrong key stopped ${many} funnels`, () => {
  let funnels: Funnel[];
  beforeAll(async () => {
    gateway.meddle = ({ method }) =>
      method === 'POST' ? answer(403, { error: 'denied', code: 'PERMISSION_DENIED' }) : 'pass';
    funnels = await startMany('wrong-key');
  }, 120_000);

  test('they are found by their reason alone', async () => {
    await expect.poll(() => found({ attention: 'request_refused' }), patience).toEqual(idsOf(funnels));
    expect(await found({ attention: true })).toEqual(idsOf(funnels));
    expect(await found({ attention: 'riskos_late' })).toEqual([]);
    const listed = await run(['list', '--attention', 'request_refused', '--json'], env);
    expect(listed.stdout.trim().split('\n')).toHaveLength(many);
    expect(JSON.parse(listed.stdout.split('\n', 1)[0] ?? '')).toMatchObject({ attention: 'request_refused' });
  });

  test('a list that its limit cuts off says so beside its lines', async () => {
    const listed = async (limit: number) =>
      run(['list', '--attention', 'request_refused', '--limit', String(limit), '--json'], env);
    const [some, all] = [await listed(many - 1), await listed(many)];
    expect(some.stdout.trim().split('\n')).toHaveLength(many - 1);
    expect(some.stderr).toBe(`these are the first ${many - 1}; --limit N shows more\n`);
    expect(all.stdout.trim().split('\n')).toHaveLength(many);
    expect(all.stderr).toBe('');
  });

  test('a batch shows them first, and sends nothing unless it is told to', async () => {
    const shown = await run(['retry', '--all', '--attention', 'request_refused'], env);
    expect(shown).toMatchObject({ code: 0, stderr: '' });
    expect(shown.stdout).toContain(`${many} funnels stopped for "request refused"`);
    expect(shown.stdout).toContain(`and ${many - 10} more`);
    expect(shown.stdout).toContain('add --yes');
    expect(await found({ attention: 'request_refused' })).toHaveLength(many);
  });

  test('while the key is still wrong, each stops again, and nothing is lost', async () => {
    const stops = async (funnel: Funnel) =>
      (await funnel.timeline()).filter(({ kind, what }) => kind === 'attention' && what.startsWith('stopped'))
        .length;
    const retried = await run(
      ['retry', '--all', '--attention', 'request_refused', '--yes', '--limit', '2'],
      env,
    );
    expect(retried).toMatchObject({ code: 0, stderr: '' });
    expect(retried.stdout).toContain('2 retried');
    const total = async () => (await Promise.all(funnels.map(stops))).reduce((sum, count) => sum + count, 0);
    await expect.poll(total, patience).toBe(many + 2);
  });

  test('once it is right, one batch lets all go on, and a second one finds none', async () => {
    await expect.poll(() => found({ attention: 'request_refused' }), patience).toHaveLength(many);
    gateway.meddle = () => 'pass';
    const batch = ['retry', '--all', '--attention', 'request_refused', '--yes', '--rate', '50'];
    const retried = await run([...batch, '--json'], env);
    expect(retried).toMatchObject({ code: 0, stderr: '' });
    const results: { applicationId: string; result: string }[] = retried.stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(idsOf(results)).toEqual(idsOf(funnels));
    expect(new Set(results.map(({ result }) => result))).toEqual(new Set(['retried']));
    await Promise.all(
      funnels.map((funnel) => until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link')),
    );
    for (const { applicationId } of funnels) expect(createdFor(world, applicationId)).toHaveLength(2);

    await expect.poll(() => found({ attention: true }), patience).toEqual([]);
    const second = await run(batch, env);
    expect(second).toMatchObject({ code: 0, stdout: '0 retried\n' });
  });
});

test('refused data is a reason of its own, and no batch sends it again', { timeout: 120_000 }, async () => {
  // RiskOS refuses a scenario that it does not know, as data.
  gateway.meddle = () => 'pass';
  const funnel = await world.start('refused', {
    custom: { scenario: 'no-such-scenario' },
    policy: quickPolicy,
  });
  await expect.poll(() => found({ attention: 'data_refused' }), patience).toEqual([funnel.applicationId]);
  expect(await found({ attention: 'request_refused' })).toEqual([]);
  const refused = await run(['retry', '--all', '--attention', 'data_refused', '--yes'], env);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('"candidate-funnel correct ID');
});

test('a batch needs both of its words, and no ids', async () => {
  for (const args of [
    ['--all'],
    ['--attention', 'riskos_late'],
    ['--all', '--attention', 'riskos_late', 'app-1'],
    [],
  ]) {
    expect(await run(['retry', ...args], env)).toMatchObject({ code: 2, stdout: '' });
  }
});
