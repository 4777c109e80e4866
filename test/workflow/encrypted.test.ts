import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { temporal as proto } from '@temporalio/proto';
import { afterAll, beforeAll, expect, inject, onTestFinished, test } from 'vitest';
import {
  CodecError,
  createPayloadCodec,
  createPayloadIdentity,
  encryptedClient,
  type KeyStore,
  openKeyStore,
  workerConverter,
} from '../../src/codec/index.ts';
import { createFunnelClient, temporalClient } from '../../src/client/index.ts';
import { exampleApplication } from '../support/application.ts';
import { run } from '../support/processes.ts';
import { createWorld, quickPolicy, until, type World } from '../support/world.ts';

let folder: string;
let keys: KeyStore;
let empty: KeyStore;
let world: World;
const problems: string[] = [];
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-encrypted-'));
  const { identity, recipient } = await createPayloadIdentity();
  const store = (name: string) =>
    openKeyStore({ url: pathToFileURL(join(folder, name)).href, recipients: [recipient], identity });
  keys = store('keys');
  empty = store('empty');
  world = await createWorld({ clientOptions: encryptedClient(keys) });
  await world.startRelay();
});
afterAll(async () => {
  await world.close();
  await rm(folder, { recursive: true });
});

async function startWorker(store: KeyStore): Promise<void> {
  const dataConverter = workerConverter(store, (problem, workflowId) => {
    problems.push(`${problem} ${workflowId}`);
  });
  await world.startWorker(undefined, undefined, { keys: store, dataConverter });
  onTestFinished(() => world.stopWorker());
}

/** The bytes that Temporal stores of a workflow: history and memo, as text. */
async function storedOf(workflowId: string): Promise<string> {
  const { workflowService } = world.temporal;
  const where = { namespace: 'default', execution: { workflowId } };
  const { history } = await workflowService.getWorkflowExecutionHistory(where);
  const { workflowExecutionInfo } = await workflowService.describeWorkflowExecution(where);
  const { History } = proto.api.history.v1;
  const { WorkflowExecutionInfo } = proto.api.workflow.v1;
  return Buffer.concat([
    History.encode(history ?? {}).finish(),
    WorkflowExecutionInfo.encode(workflowExecutionInfo ?? {}).finish(),
  ]).toString('latin1');
}

const canary = {
  givenName: 'Canarygiven',
  familyName: 'Canaryfamily',
  email: 'canary.mail@example.com',
  phoneNumber: '+14155550177',
  diSessionToken: 'canary-session-token',
  address: {
    line1: '77 Canary Street',
    locality: 'Canaryville',
    majorAdminDivision: 'OR',
    country: 'US',
    postalCode: '97277',
  },
  dateOfBirth: '1977-07-17',
  nationalId: '477474747',
} as const;
const traces = [
  'Canarygiven',
  'Canaryfamily',
  'canary.mail',
  '4155550177',
  'canary-session-token',
  '77 Canary Street',
  'Canaryville',
  '97277',
  '1977-07-17',
  '477474747',
];

function tracesIn(text: string): string[] {
  return traces.filter((trace) => text.includes(trace));
}

async function listOf(store: KeyStore): Promise<string[]> {
  const ids: string[] = [];
  for await (const id of store.list()) ids.push(id);
  return ids;
}

test('Temporal stores nothing of a candidate in clear, and the funnel goes its way', async () => {
  await startWorker(keys);
  const funnel = await world.start('canary', { candidate: canary, custom: { scenario: 'accept' } });
  const link = await until(
    funnel,
    ({ nextAction, stage }) => nextAction.kind === 'show_capture_link' || stage === 'verified',
  );
  expect(link).not.toHaveProperty('unreadable');
  await until(funnel, ({ stage }) => stage === 'verified');
  await funnel.withdraw({ by: 'Canaryfamily', reason: 'Canaryville' });
  await funnel.result();
  const stored = await storedOf(`funnel-${funnel.applicationId}`);
  expect(stored).toContain('binary/encrypted');
  expect(tracesIn(stored)).toEqual([]);
});

test('a start in clear by another program gets its key once, and is encrypted from then on', async () => {
  await startWorker(keys);
  const plain = createFunnelClient({
    temporal: temporalClient(inject('temporalAddress')),
    taskQueue: world.taskQueue,
  });
  onTestFinished(() => plain.close());
  const applicationId = `plain-${randomBytes(4).toString('hex')}`;
  await plain.startFunnel(
    exampleApplication(applicationId, {
      candidate: canary,
      policy: quickPolicy,
      custom: { scenario: 'accept' },
    }),
  );
  await until(world.funnels.funnel(applicationId), ({ stage }) => stage === 'verified');
  expect((await keys.get(applicationId)).kind).toBe('found');
  const { events } = await world.temporal.workflow.getHandle(`funnel-${applicationId}`).fetchHistory();
  const asked = (events ?? []).filter(
    ({ activityTaskScheduledEventAttributes: scheduled }) => scheduled?.activityType?.name === 'ensureKey',
  );
  expect(asked).toHaveLength(1);
  const later = proto.api.history.v1.History.encode({ events: (events ?? []).slice(1) }).finish();
  expect(tracesIn(Buffer.from(later).toString('latin1'))).toEqual([]);
});

test('a client without a codec says whether an update was carried out or refused, and never takes a marker for an answer', async () => {
  await startWorker(keys);
  const { applicationId } = await world.start('blind', {
    policy: { ...quickPolicy, documents: { start: 'on_request' } },
  });
  await until(world.funnels.funnel(applicationId), ({ waitingFor }) => waitingFor === 'hr');
  const client = createFunnelClient({
    temporal: temporalClient(inject('temporalAddress')),
    taskQueue: world.taskQueue,
  });
  onTestFinished(() => client.close());
  const blind = client.funnel(applicationId);
  await expect(blind.complete()).rejects.toMatchObject({
    type: 'WrongStage',
    message: expect.stringContaining('the reason is encrypted'),
  });
  const env = { TEMPORAL_ADDRESS: inject('temporalAddress'), FUNNEL_TASK_QUEUE: world.taskQueue };
  expect(await run(['complete', applicationId], env)).toMatchObject({ code: 4, stdout: '' });
  expect(await run(['timeline', applicationId, '--json'], env)).toMatchObject({ code: 1, stdout: '' });
  await expect(blind.timeline()).rejects.toMatchObject({ type: 'UnreadableStatus' });
  expect(await blind.withdraw()).toMatchObject({ stage: 'closed', unreadable: true });
  await expect(blind.result()).rejects.toMatchObject({ type: 'UnreadableStatus' });
});

test('a worker with an empty store makes no key, and the funnel goes on when the right one is back', async () => {
  await startWorker(empty);
  const funnel = await world.start('astray', { custom: { scenario: 'accept' } });
  const wedged = `KeyMissing funnel-${funnel.applicationId}`;
  await expect.poll(() => problems.includes(wedged), { timeout: 30_000 }).toBe(true);
  await expect
    .poll(() => problems.filter((one) => one === wedged).length, { timeout: 60_000 })
    .toBeGreaterThan(1);
  expect(await listOf(empty)).toEqual([]);
  await world.stopWorker();
  await startWorker(keys);
  await until(funnel, ({ stage }) => stage === 'verified');
  expect(await listOf(empty)).toEqual([]);
});

test('a signal that does not decrypt stops its own funnel, and no other', async () => {
  await startWorker(keys);
  const poisoned = await world.start('poisoned', {
    policy: { ...quickPolicy, documents: { start: 'on_request' } },
  });
  await until(poisoned, ({ nextAction }) => nextAction.kind === 'request_documents');
  const foreign = await world.temporal.workflowService.describeWorkflowExecution({
    namespace: 'default',
    execution: { workflowId: `funnel-${(await world.start('foreign')).applicationId}` },
  });
  const payload = foreign.workflowExecutionInfo?.memo?.fields?.['private'];
  if (!payload) throw new Error('no encrypted payload to replay');
  await world.temporal.workflowService.signalWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: `funnel-${poisoned.applicationId}` },
    signalName: 'riskosEvent',
    input: { payloads: [payload] },
  });
  const wedged = `PayloadMisplaced funnel-${poisoned.applicationId}`;
  await expect.poll(() => problems.includes(wedged), { timeout: 30_000 }).toBe(true);
  const other = await world.start('untouched', { custom: { scenario: 'accept' } });
  await until(other, ({ stage }) => stage === 'verified');
});

test('a POST whose key cannot be had is known not to have been sent, and is sent once when the store is back', async () => {
  let refusals = 6;
  const returning = {
    get: async (applicationId: string) => {
      refusals -= 1;
      if (refusals < 0) return keys.get(applicationId);
      throw new CodecError('KeyStoreUnavailable', 'down for a moment');
    },
  };
  // Only what is encrypted for the activity's failure is as unreadable as its arguments.
  const codec = createPayloadCodec({ keys, keysOfActivities: returning, unreadable: 'throw' });
  const sealing: typeof codec = {
    decode: (payloads, context) => codec.decode(payloads, context),
    encode: (payloads, context) =>
      refusals > 0 && payloads.some(({ metadata }) => metadata?.['failure-of'])
        ? createPayloadCodec({ keys: returning, unreadable: 'throw' }).encode(payloads, context)
        : codec.encode(payloads, context),
  };
  const dataConverter = { ...workerConverter(keys), payloadCodecs: [sealing] };
  await world.startWorker(undefined, undefined, { keys, dataConverter });
  onTestFinished(() => world.stopWorker());
  const funnel = await world.start('unread', { custom: { scenario: 'accept' } });
  await until(funnel, ({ stage }) => stage === 'verified');
  const timeline = JSON.stringify(await funnel.timeline());
  expect(timeline).toContain('The request could not be sent, or RiskOS did not take it');
  expect(timeline).not.toContain('RiskOS did not say whether');
});
