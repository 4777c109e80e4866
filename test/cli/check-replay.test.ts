import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { Client } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFunnelClient, type Funnel, temporalClient } from '../../src/client/index.ts';
import {
  ageWrapper,
  createKeyStore,
  createPayloadIdentity,
  encryptedClient,
  workerConverter,
} from '../../src/codec/index.ts';
import type { DevServer } from '../../src/dev-server/index.ts';
import { openStorage } from '../../src/storage/index.ts';
import { exampleApplication } from '../support/application.ts';
import { run } from '../support/processes.ts';
import { oneMoreTimer, releaseWith } from '../support/release.ts';
import { createRiskosWorker } from '../support/worker.ts';
import { startServerOfShortRuns } from '../support/short-runs.ts';
import { createWorld, quickPolicy, until, type World } from '../support/world.ts';

let folder: string;
let server: DevServer;
let world: World;
let env: Record<string, string>;
/** Funnels that today's code ran, in clear and encrypted; one that another release ran. */
let clear: Funnel;
let sealed: Funnel;
let foreign: Funnel;
let keys: Record<string, string>;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-check-replay-'));
  // Runs are short, so that states are carried.
  server = await startServerOfShortRuns(12);
  world = await createWorld({
    address: server.address,
    scenarios: { absent: { documents: [{ candidate: 'absent' }] } },
  });
  await world.startRelay();
  env = { TEMPORAL_ADDRESS: server.address };
  clear = await ranBy({}, 'clear');
  sealed = await sealedFunnel();
  const workflowBundle = await releaseWith(folder, 'other', {
    'async function walk(state) {': `async function walk(state) { ${oneMoreTimer}`,
  });
  foreign = await ranBy({ workflowBundle }, 'foreign');
});
afterAll(async () => {
  await world.close();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

async function ranBy(options: { workflowBundle?: string }, name: string): Promise<Funnel> {
  const stop = await createRiskosWorker(world, world.emulator.url, { address: server.address, ...options });
  const funnel = await world.start(name, { custom: { scenario: 'absent' } });
  await carriedOn(funnel);
  await stop();
  return funnel;
}

/** Resolves once a state has been passed on, and read. */
async function carriedOn(funnel: Funnel): Promise<void> {
  await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
  const handle = world.temporal.workflow.getHandle(`funnel-${funnel.applicationId}`);
  for (;;) {
    const { events } = await handle.fetchHistory();
    const isNext = events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId;
    if (isNext && events.some((event) => event.workflowTaskCompletedEventAttributes)) return;
    await setTimeout(100);
  }
}

async function sealedFunnel(): Promise<Funnel> {
  const { identity, recipient } = await createPayloadIdentity();
  const url = pathToFileURL(join(folder, 'keys')).href;
  keys = {
    PAYLOAD_ENCRYPTION: 'on',
    KEY_STORE_URL: url,
    PAYLOAD_RECIPIENTS: recipient,
    PAYLOAD_IDENTITY: identity,
  };
  const store = createKeyStore(openStorage(url), ageWrapper([recipient], identity));
  const stop = await createRiskosWorker(world, world.emulator.url, {
    address: server.address,
    encryption: { keys: store, dataConverter: workerConverter(store) },
  });
  const { connection } = temporalClient(server.address);
  const temporal = new Client({ connection, ...encryptedClient(store) });
  const funnels = createFunnelClient({ temporal, taskQueue: world.taskQueue, deadline: 40_000 });
  const application = exampleApplication('sealed', { policy: quickPolicy, custom: { scenario: 'absent' } });
  const funnel = await funnels.startFunnel(application);
  await carriedOn(funnel);
  await stop();
  await funnels.close();
  return funnel;
}

async function checked(query: string, more: Record<string, string> = {}) {
  const { code, stdout, stderr } = await run(['check-replay', '--json', '--query', query], {
    ...env,
    ...more,
  });
  const rows: { workflowId: string; result: string; reason: string | null }[] = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));
  return { code, stderr, rows };
}

const of = ({ applicationId }: Funnel) => `WorkflowId = 'funnel-${applicationId}'`;

describe('check-replay', () => {
  test('replays every run of a funnel, in clear and encrypted', async () => {
    for (const [funnel, more] of [
      [clear, {}],
      [sealed, keys],
    ] as const) {
      const { code, stderr, rows } = await checked(of(funnel), more);
      expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringContaining('0 would break') });
      expect(rows.length).toBeGreaterThan(1);
      expect(new Set(rows.map(({ result }) => result))).toEqual(new Set(['replays']));
    }
  });

  test('names a funnel that another release ran, and whose next task would fail', async () => {
    const { code, rows } = await checked(of(foreign));
    expect(code).toBe(1);
    expect(rows.filter(({ result }) => result === 'breaks').length).toBeGreaterThan(0);
    const { stdout, stderr } = await run(['check-replay', '--query', of(foreign)], env);
    expect(stdout).toMatch(
      new RegExp(`^would break: funnel-${foreign.applicationId} \\(run [\\w-]+\\): .*ondeterminism`, 'm'),
    );
    expect(stderr).toMatch(/would break, 0 cannot be read here\n$/);
    expect(stdout).not.toMatch(/Quill|Harbour/);
  });

  test('names a state that a higher version of the state wrote', async () => {
    const workflowBundle = await releaseWith(folder, 'higher', {
      'const stateVersion = 1;': 'const stateVersion = 2;',
    });
    const higher = await ranBy({ workflowBundle }, 'higher');
    const { code, rows } = await checked(of(higher));
    expect(code).toBe(1);
    expect(rows.map(({ reason }) => reason).join()).toContain(
      'a newer release wrote the state of this funnel',
    );
  });

  test('without the keys says that it cannot read, which is no success', async () => {
    const { code, rows } = await checked(of(sealed));
    expect(code).toBe(1);
    expect(new Set(rows.map(({ result }) => result))).toEqual(new Set(['unreadable']));
    expect(rows[0]?.reason).toContain('KEY_STORE_URL');
  });

  test('a query that matches nothing is no success, a wrong one is refused', async () => {
    expect(await checked("WorkflowId = 'nobody'")).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('nothing was replayed'),
    });
    expect(await checked('Nothing = 3')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--query'),
    });
    expect(await run(['check-replay', '--limit', '0'], env)).toMatchObject({ code: 2 });
  });

  test('--limit bounds what is replayed, the latest first', async () => {
    const { stdout } = await run(['check-replay', '--json', '--limit', '1', '--query', of(clear)], env);
    expect(stdout.trim().split('\n')).toHaveLength(1);
  });
});
