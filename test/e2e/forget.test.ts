import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Client } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createArchiveKey, openImages, storageAt, surveyArchive } from '../../src/archive/index.ts';
import { createFunnelClient, type FunnelClient, temporalClient } from '../../src/client/index.ts';
import {
  ageWrapper,
  createKeyStore,
  createPayloadCodec,
  createPayloadIdentity,
  encryptedClient,
  type KeyStore,
  labelOf,
  open,
} from '../../src/codec/index.ts';
import { applicationIdOf } from '../../src/contract/index.ts';
import { type DevServer, findTemporal, startDevServer } from '../../src/dev-server/index.ts';
import { forgetSteps } from '../../src/forget/index.ts';
import { openStorage } from '../../src/storage/index.ts';
import { exampleApplication } from '../support/application.ts';
import { killProcess, run, type Running, startProcess } from '../support/processes.ts';
import { createWorld, quickPolicy, until, type World } from '../support/world.ts';
import { payloadsIn } from './payloads.ts';

let binary: string;
let server: DevServer;
let world: World;
let folder: string;
let dbFolder: string;
let worker: Running;
let settings: Record<string, string>;
let archiveIdentity: string;
let keys: KeyStore;
let funnels: FunnelClient;

const startServer = (dbFile: string, port = 0) => startDevServer({ binary, uiPort: false, dbFile, port });
const startWorker = () => startProcess(['worker'], settings, /worker runs/);

beforeAll(async () => {
  binary = await findTemporal({ env: process.env, onProgress: () => {} });
  folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-forget-'));
  dbFolder = join(folder, 'temporal');
  server = await startServer(join(dbFolder, 'temporal.db'));
  world = await createWorld({
    address: server.address,
    scenarios: { absent: { documents: [{ candidate: 'absent' }] } },
  });
  await world.startRelay();
  const { identity, recipient } = await createPayloadIdentity();
  const archiveKey = await createArchiveKey();
  archiveIdentity = archiveKey.identity;
  const storeUrl = pathToFileURL(join(folder, 'keys')).href;
  keys = createKeyStore(openStorage(storeUrl), ageWrapper([recipient], identity));
  settings = {
    ...world.workerSettings,
    ARCHIVE_URL: pathToFileURL(join(folder, 'images')).href,
    ARCHIVE_RECIPIENTS: archiveKey.recipient,
    PAYLOAD_ENCRYPTION: 'on',
    KEY_STORE_URL: storeUrl,
    PAYLOAD_RECIPIENTS: recipient,
    PAYLOAD_IDENTITY: identity,
    // Nobody answers there, so that notices are under way for as long as the test takes.
    NOTIFY_URL: 'http://127.0.0.1:9/notices',
    NOTIFY_SECRETS: `whsec_${Buffer.alloc(32, 'a').toString('base64')}`,
  };
  const temporal = new Client({
    connection: temporalClient(server.address).connection,
    ...encryptedClient(keys),
  });
  funnels = createFunnelClient({ temporal, taskQueue: world.taskQueue, deadline: 60_000 });
  worker = await startWorker();
});
afterAll(async () => {
  await killProcess(worker);
  await funnels.close();
  await world.close();
  await server.stop();
  await rm(folder, { recursive: true });
});

const forgetting = (id: string, ...more: string[]) => [
  'forget',
  id,
  '--by',
  'Mo Ito',
  '--reason',
  'erasure request 7/2026',
  '--json',
  ...more,
];

/** A funnel whose images are archived, with a family name that is nowhere else. */
async function verified(name: string): Promise<{ applicationId: string; canary: string }> {
  const applicationId = `${name}-${randomBytes(4).toString('hex')}`;
  const canary = `Canary${randomBytes(6).toString('hex')}`;
  const { candidate } = exampleApplication(applicationId);
  const funnel = await funnels.startFunnel({
    applicationId,
    candidate: { ...candidate, familyName: canary },
    policy: quickPolicy,
    custom: { scenario: 'accept' },
  });
  await until(funnel, ({ stage, images }) => stage === 'verified' && images[0]?.result === 'archived');
  return { applicationId, canary };
}

async function copyOfDatabase(name: string): Promise<string> {
  await server.stop();
  const copy = join(folder, name);
  await cp(dbFolder, copy, { recursive: true });
  server = await startServer(join(dbFolder, 'temporal.db'), Number(server.address.split(':')[1]));
  return copy;
}

/** The command, killed with SIGKILL as soon as it logs that it begins the step. */
async function killedAt(applicationId: string, step: string): Promise<void> {
  const child = await startProcess(forgetting(applicationId), settings, new RegExp(`"step":"${step}"`));
  await killProcess(child);
}

/** The first words of the ids of an application's workflows. */
async function workflowsOf(applicationId: string): Promise<string[]> {
  const { workflowService, options } = world.temporal;
  const { namespace } = options;
  const { executions } = await workflowService.listWorkflowExecutions({ namespace, pageSize: 1000 });
  return executions
    .map(({ execution }) => execution?.workflowId ?? '')
    .filter((workflowId) => applicationIdOf(workflowId) === applicationId)
    .map((workflowId) => workflowId.split('-')[0] ?? '');
}

async function stateOf(applicationId: string): Promise<string | undefined> {
  for await (const found of keys.check()) if (found.applicationId === applicationId) return found.state;
  return undefined;
}

/** The names of the images that the archive's identity opens. */
async function imagesOf(applicationId: string): Promise<string[]> {
  const storage = storageAt(settings['ARCHIVE_URL'] ?? '');
  const names: string[] = [];
  for await (const found of surveyArchive(storage, applicationId)) {
    if (!('objects' in found) || !found.manifest) continue;
    for await (const { file } of openImages(storage, found.manifest, archiveIdentity)) names.push(file.name);
  }
  return names;
}

/** Every payload of an application in the database, and how many of them each way of reading opens. */
async function readable(address: string, applicationId: string) {
  const { connection } = temporalClient(address);
  onTestFinished(() => connection.close());
  const payloads = await payloadsIn(new Client({ connection }), applicationId);
  const codec = createPayloadCodec({ keys, unreadable: 'mark' });
  const everyKey = [];
  for await (const id of keys.list()) {
    const found = await keys.get(id);
    if (found.kind === 'found') everyKey.push(found.key);
  }
  let decoded = 0;
  for (const payload of payloads) {
    const [clear] = await codec.decode([payload]);
    const label = labelOf(payload);
    const opens = everyKey.some((key) => {
      try {
        return label !== undefined && open(payload, label, key);
      } catch {
        return false;
      }
    });
    const isMarked = Buffer.from(clear?.data ?? []).toString() === '{"unreadable":"KeyForgotten"}';
    if (opens || !isMarked) decoded += 1;
  }
  return { payloads: payloads.length, decoded };
}

describe('a candidate who is forgotten', () => {
  test('by a command that is killed at each step: nothing of them decrypts, in the database, its backup and the archive; the others do', async () => {
    const gone = await verified('gone');
    const kept = await verified('kept');
    expect((await imagesOf(gone.applicationId)).length).toBeGreaterThan(0);
    const before = await copyOfDatabase('before');

    const seen = [];
    for (const step of forgetSteps) {
      await killedAt(gone.applicationId, step);
      const state = await stateOf(gone.applicationId);
      const start = funnels.startFunnel(exampleApplication(gone.applicationId), { again: true });
      seen.push({
        step,
        state,
        start: await start.catch((error: unknown) => Object(error).type),
        workflows: await workflowsOf(gone.applicationId),
      });
    }
    // Before the request nothing is changed; from then on it is found, and no start is possible.
    const [check, , ...later] = seen;
    expect(check).toMatchObject({ step: 'check', state: 'ok', start: 'AlreadyOpen' });
    expect(later.map(({ state, start }) => `${state} ${start}`)).toEqual(
      later.map(() => 'unfinished Forgotten'),
    );
    expect(seen.find(({ step }) => step === 'delete_images')?.workflows).toContain('notices');
    const done = await run(forgetting(gone.applicationId), settings);
    expect(done).toMatchObject({ code: 0 });
    expect(JSON.parse(done.stdout)).toMatchObject({
      applicationId: gone.applicationId,
      by: 'Mo Ito',
      reason: 'erasure request 7/2026',
      foreignObjects: [],
    });
    expect(await stateOf(gone.applicationId)).toBe('forgotten');

    expect(await imagesOf(gone.applicationId)).toEqual([]);
    expect(
      (await readdir(join(folder, 'images', gone.applicationId), { recursive: true })).filter((name) =>
        name.includes('.'),
      ),
    ).toEqual([expect.stringMatching(/deleted\.json$/)]);
    expect((await imagesOf(kept.applicationId)).length).toBeGreaterThan(0);

    const after = await copyOfDatabase('after');
    for (const copy of [before, after]) {
      for (const file of await readdir(copy)) {
        const bytes = await readFile(join(copy, file));
        expect(bytes.includes(gone.canary)).toBe(false);
      }
    }
    const backup = await startServer(join(before, 'temporal.db'));
    onTestFinished(() => backup.stop());
    const ofGone = await readable(backup.address, gone.applicationId);
    expect(ofGone.payloads).toBeGreaterThan(20);
    expect(ofGone.decoded).toBe(0);
    const ofKept = await readable(backup.address, kept.applicationId);
    expect(ofKept.payloads).toBeGreaterThan(20);
    expect(ofKept.decoded).toBe(ofKept.payloads);

    const restored = await startServer(join(after, 'temporal.db'));
    onTestFinished(() => restored.stop());
    expect(await readable(restored.address, gone.applicationId)).toEqual({ payloads: 0, decoded: 0 });
    expect((await readable(restored.address, kept.applicationId)).decoded).toBe(
      (await readable(restored.address, kept.applicationId)).payloads,
    );
  });

  test('is named so by status, and refused by start, start --again and a start in clear', async () => {
    const { applicationId } = await verified('named');
    expect((await run(forgetting(applicationId), settings)).code).toBe(0);
    const status = await run(['status', applicationId, '--json'], settings);
    expect(status.code).toBe(0);
    expect(JSON.parse(status.stdout)).toMatchObject({
      applicationId,
      stage: 'forgotten',
      forgotten: { by: 'Mo Ito', reason: 'erasure request 7/2026' },
    });
    expect((await run(['timeline', applicationId], settings)).stderr).toMatch(
      /was forgotten at .* by Mo Ito/,
    );
    const input = JSON.stringify(exampleApplication(applicationId));
    for (const more of [[], ['--again']]) {
      const started = await run(['start', '-', ...more], settings, input);
      expect(started).toMatchObject({ code: 4, stderr: expect.stringContaining('was forgotten') });
    }
    // By a program that holds no key and does not know.
    const { temporal } = world;
    await temporal.workflow.start('candidateFunnel', {
      workflowId: `funnel-${applicationId}`,
      taskQueue: world.taskQueue,
      args: [exampleApplication(applicationId)],
    });
    await expect(funnels.funnel(applicationId).result()).rejects.toMatchObject({ type: 'Forgotten' });
    await expect(funnels.funnel(applicationId).status()).rejects.toMatchObject({ type: 'Forgotten' });
    const again = await run(forgetting(applicationId), settings);
    expect(JSON.parse(again.stdout)).toMatchObject({ deleted: { workflows: 1 } });
    expect(await payloadsIn(temporal, applicationId)).toEqual([]);
  });

  test('is forgotten by two commands at once, and of an unknown id is said that nothing is known', async () => {
    const { applicationId } = await verified('twice');
    const both = await Promise.all([1, 2].map(() => run(forgetting(applicationId), settings)));
    expect(both.map(({ code, stderr }) => (code === 0 ? 0 : stderr))).toEqual([0, 0]);
    expect(await stateOf(applicationId)).toBe('forgotten');
    expect(await run(forgetting('nobody'), settings)).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('nothing is known'),
    });
  });

  test('under a legal hold is not forgotten, nothing is changed, and after its release they are', async () => {
    const { applicationId } = await verified('held');
    const [record] = (await funnels.funnel(applicationId).status()).images;
    const images = funnels.images(record?.evaluationId ?? '');
    await images.hold({ by: 'court', reason: 'case 7' });
    expect(await run(forgetting(applicationId), settings)).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('legal hold'),
    });
    expect((await funnels.funnel(applicationId).status()).stage).toBe('verified');
    expect(await stateOf(applicationId)).toBe('ok');
    await images.release({ by: 'court', reason: 'case 7 is closed' });
    expect((await run(forgetting(applicationId), settings)).code).toBe(0);
    expect(await imagesOf(applicationId)).toEqual([]);
  });

  test('while no worker runs: the command says so, and --terminate forgets', async () => {
    const { applicationId } = await verified('workerless');
    await killProcess(worker);
    const stuck = await run(forgetting(applicationId), settings);
    expect(stuck).toMatchObject({ code: 5, stderr: expect.stringContaining('--terminate') });
    expect(await stateOf(applicationId)).toBe('unfinished');
    expect((await run(forgetting(applicationId, '--terminate'), settings)).code).toBe(0);
    expect(await imagesOf(applicationId)).toEqual([]);
    expect(await payloadsIn(world.temporal, applicationId)).toEqual([]);
    worker = await startWorker();
  });
});
