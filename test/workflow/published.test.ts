import { randomBytes } from 'node:crypto';
import { Client, type Payload } from '@temporalio/client';
import type { PayloadCodec } from '@temporalio/common';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { createFunnelClient, temporalClient } from '../../src/client/index.ts';
import { clearPayload, isClear, publishedFields, searchAttributes } from '../../src/contract/index.ts';
import { exampleApplication } from '../support/application.ts';
import { run } from '../support/processes.ts';
import { createWorld, until, type World } from '../support/world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld({ scenarios: { absent: { documents: [{ candidate: 'absent' }] } } });
  await world.startRelay();
});
afterAll(() => world.close());

const name = (what: string) => `${what}-${randomBytes(4).toString('hex')}`;

/** The raw payloads of a funnel's memo. */
async function memoOf(applicationId: string): Promise<Record<string, Payload>> {
  const { workflowExecutionInfo } = await world.temporal.workflowService.describeWorkflowExecution({
    namespace: 'default',
    execution: { workflowId: `funnel-${applicationId}` },
  });
  return workflowExecutionInfo?.memo?.fields ?? {};
}

describe('before any worker has begun a funnel', () => {
  test('its status and its row say "starting", and nothing waits', async () => {
    const { applicationId } = await world.start('unbegun');
    expect(await world.funnels.funnel(applicationId).status()).toMatchObject({
      applicationId,
      stage: 'starting',
      waitingFor: 'nothing',
      nextAction: { kind: 'wait' },
    });
    await expect
      .poll(async () => (await world.funnels.list()).find((one) => one.applicationId === applicationId))
      .toMatchObject({ stage: 'starting', nextAction: 'wait', execution: 'running' });
  });

  test('a start by any other Temporal client reads the same', async () => {
    const applicationId = name('plain');
    await world.temporal.workflow.start('candidateFunnel', {
      workflowId: `funnel-${applicationId}`,
      taskQueue: world.taskQueue,
      args: [exampleApplication(applicationId)],
    });
    const status = await world.funnels.funnel(applicationId).status();
    expect(status).toMatchObject({ stage: 'starting' });
    expect(status).not.toHaveProperty('unreadable');
  });

  test('one that is terminated is reported as such', async () => {
    const { applicationId } = await world.start('ended-early');
    await world.temporal.workflow.getHandle(`funnel-${applicationId}`).terminate();
    expect(await world.funnels.funnel(applicationId).status()).toMatchObject({
      stage: 'starting',
      ended: { how: 'terminated' },
    });
  });
});

describe('with every worker stopped', () => {
  test('status, list and watch say where a funnel stands, and what to do', async () => {
    await world.startWorker();
    onTestFinished(() => world.stopWorker());
    const funnel = await world.start('standing', { custom: { scenario: 'absent' } });
    const before = await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    await world.stopWorker();

    const alone = createFunnelClient({
      temporal: temporalClient(inject('temporalAddress')),
      taskQueue: world.taskQueue,
      deadline: 5000,
    });
    onTestFinished(() => alone.close());
    expect(await alone.funnel(funnel.applicationId).status()).toEqual(before);
    expect(before.verdicts).toMatchObject([{ stage: 'passive_check', verdict: 'accept' }]);
    const row = (await alone.list()).find(({ applicationId }) => applicationId === funnel.applicationId);
    expect(row).toMatchObject({
      stage: 'document_verification',
      waitingFor: 'candidate',
      nextAction: 'show_capture_link',
      trouble: null,
      deadline: before.deadline,
    });
    for await (const seen of alone.funnel(funnel.applicationId).watch()) {
      expect(seen).toEqual(before);
      break;
    }
  });

  test('the commands status, list and watch say it too', async () => {
    await world.startWorker();
    onTestFinished(() => world.stopWorker());
    const { applicationId } = await world.start('by-command', { custom: { scenario: 'absent' } });
    const funnel = world.funnels.funnel(applicationId);
    const { nextAction } = await until(funnel, (status) => status.nextAction.kind === 'show_capture_link');
    if (nextAction.kind !== 'show_capture_link') throw new Error('there is no link');
    await world.stopWorker();

    const env = { TEMPORAL_ADDRESS: inject('temporalAddress'), FUNNEL_TASK_QUEUE: world.taskQueue };
    const status = await run(['status', applicationId], env);
    expect(status.stdout).toContain(nextAction.url);
    const list = async () =>
      (await run(['list', '--stage', 'document_verification', '--limit', '1000'], env)).stdout
        .split('\n')
        .find((line) => line.includes(applicationId));
    await expect.poll(list, { timeout: 30_000, interval: 500 }).toContain('show capture link');
    await world.temporal.workflow.getHandle(`funnel-${applicationId}`).terminate();
    const watched = await run(['watch', applicationId, '--json'], env);
    expect(JSON.parse(watched.stdout)).toMatchObject({ applicationId, ended: { how: 'terminated' } });
  });

  test('an answer of an update can be read at once', async () => {
    await world.startWorker();
    onTestFinished(() => world.stopWorker());
    const funnel = await world.start('answered', { policy: { documents: { start: 'on_request' } } });
    await until(funnel, ({ nextAction }) => nextAction.kind === 'request_documents');
    const { stage } = await funnel.requestDocuments();
    await world.stopWorker();
    expect((await funnel.status()).stage).toBe(stage);
    expect(stage).toBe('document_verification');
  });
});

describe('the memo', () => {
  test('has the words in clear; links, tokens, reason codes and texts go through the codec', async () => {
    await world.startWorker();
    onTestFinished(() => world.stopWorker());
    const funnel = await world.start('split', { custom: { scenario: 'resubmit-then-accept' } });
    const status = await until(funnel, ({ verdicts }) =>
      verdicts.some(({ verdict }) => verdict === 'resubmit'),
    );
    const memo = await memoOf(funnel.applicationId);
    const { status: clear, private: hidden } = memo;
    if (!clear || !hidden) throw new Error('a field is missing');
    expect([isClear(clear), isClear(hidden)]).toEqual([true, false]);
    const text = Buffer.from(clear.data ?? []).toString();
    expect(text).toContain('document_verification');
    const secrets = [
      ...status.verdicts.flatMap(({ reasonCodes }) => reasonCodes),
      ...(status.nextAction.kind === 'show_capture_link'
        ? [status.nextAction.url, ...status.nextAction.advice.map(({ text: advice }) => advice)]
        : []),
    ];
    expect(secrets.length).toBeGreaterThan(0);
    for (const secret of secrets) expect(text).not.toContain(secret);
  });

  test('that cannot be decoded here is named, and spoils neither the status nor the list', async () => {
    const applicationId = name('encrypted');
    const fields = publishedFields({
      applicationId,
      stage: 'document_verification',
      attempt: 2,
      waitingFor: 'candidate',
      deadline: '2026-01-02T03:04:05.000Z',
      escalation: null,
      nextAction: { kind: 'open_hosted_flow', url: 'https://hosted.test/1' },
      verdicts: [],
      images: [],
      baseline: false,
      outcome: null,
      attention: null,
      trouble: { reason: 'unreadable', problem: 'timed out', since: '2026-01-02T03:04:05.000Z' },
    });
    const { connection } = world.temporal;
    const encrypting = new Client({ connection, dataConverter: { payloadCodecs: [sealing] } });
    await encrypting.workflow.start('candidateFunnel', {
      workflowId: `funnel-${applicationId}`,
      taskQueue: 'polled-by-nobody',
      memo: { status: clearPayload(fields.status), private: fields.private },
      typedSearchAttributes: [{ key: searchAttributes.stage, value: 'document_verification' }],
    });
    const blind = new Client({ connection, dataConverter: { payloadCodecs: [failing] } });
    for (const temporal of [world.temporal, blind]) {
      const funnels = createFunnelClient({ temporal });
      expect(await funnels.funnel(applicationId).status()).toMatchObject({
        stage: 'document_verification',
        unreadable: true,
        nextAction: { kind: 'unreadable', hidden: 'open_hosted_flow' },
        trouble: { reason: 'unreadable', problem: 'RiskOS cannot be read' },
      });
      await expect
        .poll(async () => (await funnels.list()).find((one) => one.applicationId === applicationId))
        .toMatchObject({ attempt: 2, nextAction: 'open_hosted_flow' });
    }
    const sighted = createFunnelClient({ temporal: encrypting });
    const status = await sighted.funnel(applicationId).status();
    expect(status).not.toHaveProperty('unreadable');
    expect(status).toMatchObject({
      nextAction: { url: 'https://hosted.test/1' },
      trouble: { problem: 'timed out' },
    });
  });
});

/** A codec that turns bytes round, and leaves what is marked as clear. */
const sealing: PayloadCodec = {
  encode: async (payloads) =>
    payloads.map((payload) =>
      isClear(payload)
        ? payload
        : {
            metadata: { encoding: Buffer.from('binary/turned') },
            data: turned(Buffer.from(JSON.stringify(plain(payload)))),
          },
    ),
  decode: async (payloads) =>
    payloads.map((payload) => {
      const { metadata, data } = JSON.parse(turned(Buffer.from(payload.data ?? [])).toString());
      return { metadata: { encoding: Buffer.from(metadata) }, data: Buffer.from(data, 'base64') };
    }),
};

const failing: PayloadCodec = {
  encode: async (payloads) => payloads,
  decode: async () => {
    throw new Error('no key');
  },
};

function plain({ metadata, data }: Payload): unknown {
  return {
    metadata: Buffer.from(metadata?.['encoding'] ?? []).toString(),
    data: Buffer.from(data ?? []).toString('base64'),
  };
}

function turned(bytes: Buffer): Buffer {
  return Buffer.from(bytes.map((byte) => byte ^ 0xff));
}
