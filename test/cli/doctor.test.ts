import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { createArchiveKey } from '../../src/archive/index.ts';
import { apiKey } from '../support/constants.ts';
import { run } from '../support/processes.ts';
import { serve } from '../support/serve.ts';
import { createWorld, type World } from '../support/world.ts';

let world: World;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-doctor-'));
  world = await createWorld();
  await world.startWorker();
});
afterAll(async () => {
  await world.close();
  await rm(folder, { recursive: true, force: true });
});

interface Finding {
  about: string;
  result: string;
  says: string;
  remedy: string | null;
}

async function findings(
  env: Record<string, string>,
): Promise<{ code: number | null; of: Map<string, Finding[]> }> {
  const { code, stdout } = await run(['doctor', '--json'], env);
  const all: Finding[] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const of = new Map(all.map(({ about }) => [about, all.filter((one) => one.about === about)]));
  return { code, of };
}

const parts = [
  'Temporal',
  'namespace',
  'permissions',
  'search attributes',
  'workers',
  'RiskOS',
  'relay',
  'receiver',
  'archive',
];
const resultsOf = (of: Map<string, Finding[]>) =>
  Object.fromEntries(
    parts.map((part) => [
      part,
      of
        .get(part)
        ?.map(({ result }) => result)
        .join(),
    ]),
  );

describe('doctor', () => {
  test('finds nothing wrong where everything runs, says what is set and from where, and never a value', async () => {
    const receiver = await serve(async (_incoming, outgoing) => void outgoing.writeHead(405).end());
    const relay = await world.startRelay();
    const { recipient } = await createArchiveKey();
    await writeFile(join(folder, 'address'), inject('temporalAddress'));
    const env = {
      TEMPORAL_ADDRESS_FILE: join(folder, 'address'),
      FUNNEL_TASK_QUEUE: world.taskQueue,
      RISKOS_BASE_URL: world.emulator.url,
      RISKOS_API_KEY: apiKey,
      RISKOS_ENVIRONMENT: 'Sandbox',
      RELAY_PORT: new URL(relay.url).port,
      RELAY_BEARER_TOKENS: 'CANARY-relay-token-4711',
      NOTIFY_URL: receiver.url,
      NOTIFY_SECRETS: `whsec_${'C'.repeat(32)}`,
      ARCHIVE_URL: `file://${folder}/not/made/yet`,
      ARCHIVE_RECIPIENTS: recipient,
    };
    const { code, of } = await findings(env);
    expect({ code, ...resultsOf(of) }).toEqual({
      code: 0,
      ...Object.fromEntries(parts.map((part) => [part, 'ok'])),
    });
    const settings = of.get('settings')?.map(({ says }) => says);
    expect(settings).toContain('TEMPORAL_ADDRESS is set, from the file of TEMPORAL_ADDRESS_FILE');
    expect(settings).toContain('RISKOS_API_KEY is set, from the environment');

    const { stdout } = await run(['doctor'], env);
    expect(stdout).toMatch(/nothing is wrong\n$/);
    for (const value of Object.values(env)) expect(stdout).not.toContain(value);
    await receiver.close();
    await world.stopRelay();
  });

  test('on a machine of HR, where only Temporal is set up, skips the rest', async () => {
    const { code, of } = await findings({
      TEMPORAL_ADDRESS: inject('temporalAddress'),
      FUNNEL_TASK_QUEUE: world.taskQueue,
    });
    expect({ code, ...resultsOf(of) }).toMatchObject({
      code: 0,
      workers: 'ok',
      RiskOS: 'skipped',
      relay: 'skipped',
      receiver: 'skipped',
      archive: 'skipped',
    });
  });

  test('names every fault with its remedy', async () => {
    const { code, of } = await findings({
      TEMPORAL_ADDRESS: '127.0.0.1:9',
      RISKOS_APIKEY: 'CANARY-4711',
      RISKOS_BASE_URL: world.emulator.url,
      RISKOS_API_KEY: 'CANARY-4711',
      RISKOS_ENVIRONMENT: 'Sandbox',
      RELAY_BEARER_TOKENS: 'CANARY-relay-token-4711',
      RELAY_PORT: '9',
      NOTIFY_URL: 'http://127.0.0.1:9/',
      NOTIFY_SECRETS: `whsec_${'C'.repeat(32)}`,
      ARCHIVE_URL: `file:///proc/nobody-may-write-here`,
      ARCHIVE_RECIPIENTS: 'CANARY-4711',
    });
    expect({ code, ...resultsOf(of) }).toEqual({
      code: 1,
      Temporal: 'fault',
      namespace: 'skipped',
      permissions: 'skipped',
      'search attributes': 'skipped',
      workers: 'skipped',
      RiskOS: 'fault',
      relay: 'fault',
      receiver: 'fault',
      archive: 'fault',
    });
    const faults = [...of.values()].flat().filter(({ result }) => result === 'fault');
    expect(faults.map(({ says }) => says)).toContain('RISKOS_APIKEY is set, and nothing reads it');
    for (const { remedy } of faults) expect(remedy).toMatch(/\w/);
    expect(JSON.stringify(faults)).not.toContain('CANARY-4711');
  });

  test('knows which RiskOS an address belongs to', async () => {
    const { of } = await findings({
      TEMPORAL_ADDRESS: '127.0.0.1:9',
      RISKOS_BASE_URL: 'https://riskos.sandbox.socure.com',
      RISKOS_API_KEY: 'k',
      RISKOS_ENVIRONMENT: 'Production',
    });
    expect(of.get('RiskOS')?.[0]?.says).toMatch(/is the address of Sandbox/);
  });

  test('names an unknown namespace, and a task queue that nobody polls', async () => {
    const TEMPORAL_ADDRESS = inject('temporalAddress');
    const unknown = await findings({ TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE: 'CANARY-4711' });
    expect(unknown.of.get('namespace')?.[0]).toMatchObject({
      result: 'fault',
      remedy: expect.stringMatching(/TEMPORAL_NAMESPACE/),
    });
    const idle = await findings({ TEMPORAL_ADDRESS, FUNNEL_TASK_QUEUE: 'nobody-polls-this-one' });
    expect(idle.of.get('workers')?.[0]).toMatchObject({
      result: 'fault',
      remedy: expect.stringMatching(/candidate-funnel worker/),
    });
  });
});
