import { mkdtemp, readdir, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import { pathToFileURL } from 'node:url';
import { Client } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import {
  ageWrapper,
  createKeyStore,
  createPayloadIdentity,
  encryptedClient,
  type KeyStore,
} from '../../src/codec/index.ts';
import { createFunnelClient, type FunnelClient, temporalClient } from '../../src/client/index.ts';
import { openStorage } from '../../src/storage/index.ts';
import { killProcess, type Running, startProcess } from '../support/processes.ts';
import { createWorld, quickPolicy, until, type World } from '../support/world.ts';

let world: World;
let folder: string;
let worker: Running;
let settings: Record<string, string>;
let keys: KeyStore;
/** HR's system, which has the keys. */
let funnels: FunnelClient;
let sighted: Client;

beforeAll(async () => {
  world = await createWorld({ scenarios: { absent: { documents: [{ candidate: 'absent' }] } } });
  await world.startRelay();
  folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-encrypted-'));
  const { identity, recipient } = await createPayloadIdentity();
  const storeUrl = pathToFileURL(join(folder, 'keys')).href;
  keys = createKeyStore(openStorage(storeUrl), ageWrapper([recipient], identity));
  settings = {
    ...world.workerSettings,
    ARCHIVE_URL: pathToFileURL(join(folder, 'images')).href,
    PAYLOAD_ENCRYPTION: 'on',
    KEY_STORE_URL: storeUrl,
    PAYLOAD_RECIPIENTS: recipient,
    PAYLOAD_IDENTITY: identity,
  };
  const { connection } = temporalClient(inject('temporalAddress'));
  sighted = new Client({ connection, ...encryptedClient(keys) });
  funnels = createFunnelClient({ temporal: sighted, taskQueue: world.taskQueue, deadline: 60_000 });
  worker = await startWorker();
});
afterAll(async () => {
  await killProcess(worker);
  await sighted.connection.close();
  await world.close();
  await rm(folder, { recursive: true });
});

const startWorker = (more: Record<string, string> = {}) =>
  startProcess(['worker'], { ...settings, ...more }, /worker runs/);

const name = (what: string) => `${what}-${randomBytes(4).toString('hex')}`;

/** A candidate whose every field is a text that is nowhere else. */
function canaries(of: string) {
  const canary = (field: string) => `canary-${field}-${of}`;
  return {
    givenName: `Given${of}`,
    familyName: `Family${of}`,
    email: `${canary('mail')}@example.test`,
    phoneNumber: `+1415${String(Number.parseInt(of.slice(-6), 16) % 10_000_000).padStart(7, '0')}`,
    diSessionToken: canary('session'),
    dateOfBirth: '1987-06-05',
    nationalId: '917654321',
    address: {
      line1: canary('line'),
      locality: canary('city'),
      majorAdminDivision: 'OR',
      country: 'US',
      // Five digits alone also stand in timestamps.
      postalCode: '97219-4410',
    },
  };
}

const valuesOf = (value: unknown): string[] =>
  typeof value === 'object' && value !== null ? Object.values(value).flatMap(valuesOf) : [String(value)];

/** Everything that Temporal has of an application's workflows: histories, memos, as bytes. */
async function storedOf(applicationId: string, workflows = 2): Promise<string> {
  const { workflowService, options } = world.temporal;
  const { namespace } = options;
  const query = `WorkflowId = 'funnel-${applicationId}' OR WorkflowId STARTS_WITH 'images-${applicationId}~'`;
  const { executions } = await workflowService.listWorkflowExecutions({ namespace, query });
  expect(executions.length).toBeGreaterThanOrEqual(workflows);
  const stored: string[] = [];
  for (const { execution } of executions) {
    const history = await workflowService.getWorkflowExecutionHistory({
      namespace,
      execution: execution ?? {},
    });
    const described = await workflowService.describeWorkflowExecution({
      namespace,
      execution: execution ?? {},
    });
    stored.push(...[history, described].flatMap(textsIn));
  }
  return stored.join('\n');
}

/** Each text and each run of bytes in it, the bytes as text too. */
function textsIn(value: unknown): string[] {
  if (value instanceof Uint8Array) return [Buffer.from(value).toString('latin1')];
  if (typeof value === 'object' && value !== null) return Object.values(value).flatMap(textsIn);
  return [String(value)];
}

const isEmpty = 'the key store is empty';

test('a worker that starts before the first candidate says that its key store is empty', () => {
  expect(worker.log()).toContain(isEmpty);
});

describe('a funnel whose workers encrypt', () => {
  test('goes its whole way, and nothing of the candidate, the link or the reason codes is in clear', async () => {
    const applicationId = name('sealed');
    const candidate = canaries(applicationId.slice(-8));
    const funnel = await funnels.startFunnel({
      applicationId,
      candidate,
      policy: quickPolicy,
      custom: { scenario: 'resubmit-then-accept' },
    });
    const asked = await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    const status = await until(funnel, ({ stage }) => stage === 'verified');
    expect(status).not.toHaveProperty('unreadable');
    await expect.poll(async () => (await funnel.status()).images).toMatchObject([{ result: 'archived' }]);
    const { nextAction } = asked;
    const secrets = [
      ...valuesOf(candidate).filter((value) => value.length > 4),
      ...(nextAction.kind === 'show_capture_link' ? [nextAction.url] : []),
      ...status.verdicts.flatMap(({ reasonCodes }) => reasonCodes),
    ];
    expect(secrets.length).toBeGreaterThan(10);
    const stored = await storedOf(applicationId);
    expect(stored).toContain('binary/encrypted');
    expect(secrets.filter((secret) => stored.includes(secret))).toEqual([]);
    expect(worker.log()).not.toContain(candidate.familyName);
  });

  test('shows a reader without keys where it stands, and not what to show the candidate', async () => {
    const funnel = await funnels.startFunnel({
      applicationId: name('blind'),
      candidate: canaries('0a0b0c0d'),
      policy: quickPolicy,
      custom: { scenario: 'absent' },
    });
    await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    const blind = await world.funnels.funnel(funnel.applicationId).status();
    expect(blind).toMatchObject({
      stage: 'document_verification',
      unreadable: true,
      nextAction: { kind: 'unreadable', hidden: 'show_capture_link' },
    });
  });

  test('that another program started in clear gets one key, and is encrypted from then on', async () => {
    const applicationId = name('plain');
    await world.temporal.workflow.start('candidateFunnel', {
      workflowId: `funnel-${applicationId}`,
      taskQueue: world.taskQueue,
      args: [
        {
          applicationId,
          candidate: canaries('1a1b1c1d'),
          policy: quickPolicy,
          custom: { scenario: 'absent' },
        },
      ],
    });
    const funnel = funnels.funnel(applicationId);
    await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    expect(await readdir(join(folder, 'keys/keys', applicationId))).toEqual(['1']);
    expect((await world.funnels.funnel(applicationId).status()).nextAction.kind).toBe('unreadable');
    // Its input stays in clear, which shows that the search below finds what is there.
    expect(await storedOf(applicationId, 1)).toContain('canary-line-1a1b1c1d');
  });

  test('refuses an update in words that its sender can read', async () => {
    const funnel = await funnels.startFunnel({
      applicationId: name('refusing'),
      candidate: canaries('2a2b2c2d'),
      policy: quickPolicy,
      custom: { scenario: 'absent' },
    });
    await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    await expect(funnel.complete()).rejects.toMatchObject({ type: 'WrongStage' });
  });
});

describe('a worker whose key store lacks a key', () => {
  test('makes no second key, stays up, and goes on when the keys are back; others go on meanwhile', async () => {
    const start = (what: string) =>
      funnels.startFunnel({
        applicationId: name(what),
        candidate: canaries('3a3b3c3d'),
        policy: { ...quickPolicy, documents: { ...quickPolicy.documents, start: 'on_request' } },
      });
    const stuck = await start('stuck');
    await until(stuck, ({ nextAction }) => nextAction.kind === 'request_documents');
    const place = join(folder, 'keys/keys', stuck.applicationId);
    await keys.create(name('known'));
    await killProcess(worker);
    await rename(place, join(folder, 'away'));
    worker = await startWorker();
    expect(worker.log()).not.toContain(isEmpty);
    const asked = stuck.requestDocuments().catch((error: unknown) => error);
    await expect.poll(() => worker.log(), { timeout: 90_000 }).toMatch(/KeyMissing/);
    const other = await start('other');
    await until(other, ({ nextAction }) => nextAction.kind === 'request_documents');
    expect(await readdir(join(folder, 'keys/keys'))).not.toContain(stuck.applicationId);
    await rename(join(folder, 'away'), place);
    await asked;
    await stuck.requestDocuments().catch(() => undefined);
    await until(stuck, ({ stage }) => stage === 'document_verification');
    expect(await readdir(place)).toEqual(['1']);
    expect(worker.exitCode).toBeNull();
  });
});

test('a worker without keys does not start, and names what is missing', async () => {
  const { KEY_STORE_URL: _store, PAYLOAD_IDENTITY: _identity, ...rest } = settings;
  await expect(startProcess(['worker'], rest, /worker runs/)).rejects.toThrow(
    /KEY_STORE_URL is not set.*PAYLOAD_IDENTITY \(or PAYLOAD_IDENTITY_FILE\) is not set.*PAYLOAD_ENCRYPTION=off/s,
  );
});

test('keys on the disk are wrapped', async () => {
  const [first = ''] = await readdir(join(folder, 'keys/keys'));
  onTestFinished(() => undefined);
  expect((await readFile(join(folder, 'keys/keys', first, '1'))).toString('latin1')).toMatch(
    /^age-encryption\.org/,
  );
});
