import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test, vi } from 'vitest';
import { createArchiveKey } from '../../src/archive/index.ts';
import { lookAtCodecServer } from '../../src/cli/doctor/codec-server.ts';
import { lookAtKeyStore } from '../../src/cli/doctor/key-store.ts';
import { pingRelay } from '../../src/cli/doctor/relay.ts';
import { createPayloadIdentity, openKeyStore } from '../../src/codec/index.ts';
import { startRig, ui } from '../codec-server/support.ts';
import { exampleApplication } from '../support/application.ts';
import { apiKey, token } from '../support/constants.ts';
import { run } from '../support/processes.ts';
import { createProxy } from '../support/proxy.ts';
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
  'key store',
];
const resultOf = (of: Map<string, Finding[]>, ...about: string[]) =>
  about.map((one) => of.get(one)?.[0]?.result);
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
    const payload = await createPayloadIdentity();
    await writeFile(join(folder, 'address'), inject('temporalAddress'));
    await writeFile(join(folder, 'identity'), `# made for a test\n${payload.identity}\n`);
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
      PAYLOAD_ENCRYPTION: 'on',
      KEY_STORE_URL: `file://${folder}/keys`,
      PAYLOAD_RECIPIENTS: payload.recipient,
      PAYLOAD_IDENTITY_FILE: join(folder, 'identity'),
    };
    const { code, of } = await findings(env);
    expect({ code, ...resultsOf(of) }).toEqual({
      code: 0,
      ...Object.fromEntries(parts.map((part) => [part, 'ok'])),
      // Temporal's dev server keeps closed workflows for a day.
      namespace: 'warning',
    });
    expect(resultOf(of, 'clock', 'versions', 'worker settings')).toEqual(['ok', 'ok', 'ok']);
    const settings = of.get('settings')?.map(({ says }) => says);
    expect(settings).toContain('TEMPORAL_ADDRESS is set, from the file of TEMPORAL_ADDRESS_FILE');
    expect(settings).toContain('RISKOS_API_KEY is set, from the environment');

    const { stdout } = await run(['doctor'], env);
    expect(stdout).toMatch(/nothing is wrong, 1 warning\n$/);
    const values = Object.values(env).filter((value) => value !== 'on');
    for (const value of values) expect(stdout).not.toContain(value);
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
      'key store': 'skipped',
    });
  });

  test('finds nothing wrong with a machine that only reads the archive', async () => {
    const { code, of } = await findings({
      TEMPORAL_ADDRESS: inject('temporalAddress'),
      FUNNEL_TASK_QUEUE: world.taskQueue,
      ARCHIVE_URL: `file://${folder}`,
    });
    expect(of.get('archive')).toMatchObject([
      { result: 'skipped', says: expect.stringContaining('ARCHIVE_RECIPIENTS') },
    ]);
    expect(code).toBe(0);
  });

  test('reaches the codec server as the verbs do: through the proxy', async () => {
    const proxy = await createProxy({});
    onTestFinished(() => proxy.close());
    const env = {
      TEMPORAL_ADDRESS: inject('temporalAddress'),
      HTTPS_PROXY: proxy.url,
      CODEC_URL: 'https://codec.test',
    };
    expect(resultOf((await findings(env)).of, 'codec server')).toEqual(['fault']);
    expect(new Set(proxy.connected)).toEqual(new Set(['codec.test:443']));
    proxy.connected.length = 0;
    const started = await run(['start', '-'], env, JSON.stringify(exampleApplication('app-proxied')));
    expect(started.stderr).toMatch(/no answer from the codec server at https:\/\/codec\.test/);
    expect(new Set(proxy.connected)).toEqual(new Set(['codec.test:443']));
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
      'key store': 'skipped',
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

/** As it is in a process whose environment is this. */
async function inEnvironment<T>(env: Record<string, string>, look: () => Promise<T>): Promise<T> {
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
  return look().finally(() => vi.unstubAllEnvs());
}

describe('a relay, pinged from outside', () => {
  const pinged = (address: string, env: Record<string, string> = {}) =>
    inEnvironment(env, () => pingRelay(address));

  test('answers a ping with the secret, counts it, and signals nobody', async () => {
    const { url } = await world.startRelay();
    onTestFinished(() => world.stopRelay());
    expect(await pinged(url, { RELAY_BEARER_TOKENS: token })).toMatchObject({ result: 'ok' });
    expect(await pinged(`${url}/webhooks/riskos`)).toMatchObject({
      result: 'ok',
      says: expect.stringMatching(/none of RELAY_… is set here/),
    });
    expect(await pinged(url, { RELAY_BEARER_TOKENS: 'another-token-4711' })).toMatchObject({
      result: 'fault',
      remedy: expect.stringMatching(/RELAY_BEARER_TOKENS/),
    });
    expect(await pinged(`${url}/elsewhere`, { RELAY_BEARER_TOKENS: token })).toMatchObject({
      result: 'fault',
      says: 'answers HTTP 404',
      remedy: expect.stringMatching(/\/webhooks\/riskos/),
    });
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toContain('candidate_funnel_webhooks_total{result="test_ping"} 1');
    expect(metrics).toContain('candidate_funnel_webhooks_total{result="signalled"} 0');
  });

  test('that is somebody else, or nobody, is named as such', async () => {
    const other = await serve(async (_incoming, outgoing) => void outgoing.end('welcome'));
    onTestFinished(() => other.close());
    expect(await pinged(other.url)).toMatchObject({ result: 'fault', says: 'answers 200, and is no relay' });
    expect(await pinged('http://127.0.0.1:9/')).toMatchObject({
      result: 'fault',
      says: 'cannot be reached: nothing listens there',
    });
    expect(await run(['doctor', '--relay', 'relay.example'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/--relay.*must be an http\(s\) URL/),
    });
  });
});

test('a codec server that is there, takes the token and lets pages of the UI ask is ok; each of the three is named if not', async () => {
  const rig = await startRig();
  const looked = (CODEC_TOKEN: string, origin?: string) =>
    inEnvironment({ CODEC_URL: rig.url, CODEC_TOKEN }, () => lookAtCodecServer(origin));
  expect(await looked(await rig.token(), ui)).toMatchObject([{ result: 'ok' }, { result: 'ok' }]);
  expect(await looked('no-token', 'https://other.example')).toMatchObject([
    { about: 'codec server', result: 'fault', remedy: expect.stringMatching(/CODEC_TOKEN/) },
    { about: 'Temporal UI', result: 'fault', remedy: expect.stringMatching(/CODEC_ORIGINS/) },
  ]);
  await rig.close();
  expect(await looked('no-token')).toMatchObject([
    { result: 'fault', says: expect.stringMatching(/does not answer at CODEC_URL/) },
  ]);
});

describe('the key store, in the eyes of doctor', () => {
  const keyStoreOf = (more: Record<string, string>) =>
    inEnvironment({ PAYLOAD_ENCRYPTION: 'on', ...more }, lookAtKeyStore);

  test('is right where its keys open', async () => {
    const { identity, recipient } = await createPayloadIdentity();
    const env = {
      KEY_STORE_URL: `file://${folder}/right`,
      PAYLOAD_RECIPIENTS: recipient,
      PAYLOAD_IDENTITY: identity,
    };
    await openKeyStore({ url: env.KEY_STORE_URL, recipients: [recipient] }).create('app-1');
    expect(await keyStoreOf(env)).toMatchObject({
      result: 'ok',
      says: expect.stringContaining('1 key opens'),
    });
  });

  test('is wrong by name: no store, no place, no recipient, an identity that opens nothing, a key of others', async () => {
    const { identity, recipient } = await createPayloadIdentity();
    const other = await createPayloadIdentity();
    await writeFile(join(folder, 'a-file'), '');
    const env = {
      KEY_STORE_URL: `file://${folder}/wrong`,
      PAYLOAD_RECIPIENTS: recipient,
      PAYLOAD_IDENTITY: identity,
    };
    const wrong = (says: RegExp) => ({ result: 'fault', says: expect.stringMatching(says) });
    expect(await keyStoreOf({ ...env, KEY_STORE_URL: 's3://' })).toMatchObject(wrong(/KEY_STORE_URL/));
    expect(await keyStoreOf({ ...env, KEY_STORE_URL: `file://${folder}/a-file/keys` })).toMatchObject(
      wrong(/key store cannot be used/),
    );
    expect(await keyStoreOf({ KEY_STORE_URL: env.KEY_STORE_URL })).toMatchObject(wrong(/PAYLOAD_RECIPIENTS/));
    expect(await keyStoreOf({ ...env, PAYLOAD_RECIPIENTS: 'age1x' })).toMatchObject(wrong(/public key/));
    expect(await keyStoreOf({ ...env, PAYLOAD_IDENTITY: '# nothing' })).toMatchObject(wrong(/holds none/));
    expect(await keyStoreOf({ ...env, PAYLOAD_IDENTITY: other.identity })).toMatchObject(
      wrong(/PAYLOAD_IDENTITY.*PAYLOAD_RECIPIENTS/),
    );
    await openKeyStore({ url: env.KEY_STORE_URL, recipients: [other.recipient] }).create('app-1');
    expect(await keyStoreOf(env)).toMatchObject(wrong(/app-1/));
  });

  test('is skipped where encryption is off', async () => {
    expect(await keyStoreOf({ PAYLOAD_ENCRYPTION: 'off', KEY_STORE_URL: 's3://' })).toMatchObject({
      result: 'skipped',
    });
  });
});
