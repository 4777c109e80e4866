import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { findTemporal } from '../../src/dev-server/index.ts';
import { exampleApplication } from '../support/application.ts';
import { createWorld, quickPolicy, until, verdictsOf, type World } from '../support/world.ts';

let world: World;
let temporal: string;

beforeAll(async () => {
  temporal = await findTemporal({ env: process.env, onProgress: () => {} });
  world = await createWorld();
  await world.startRelay();
  await world.startWorker();
});
afterAll(() => world.close());

function startPlainly(workflowId: string, input: unknown) {
  return promisify(execFile)(temporal, [
    'workflow',
    'start',
    `--address=${inject('temporalAddress')}`,
    '--type=candidateFunnel',
    `--task-queue=${world.taskQueue}`,
    `--workflow-id=${workflowId}`,
    `--input=${JSON.stringify(input)}`,
  ]);
}

describe("a funnel started with Temporal's own command and plain JSON", () => {
  test('works as one of our client does', async () => {
    const applicationId = `plain-${randomBytes(4).toString('hex')}`;
    const input = exampleApplication(applicationId, { custom: { scenario: 'accept' }, policy: quickPolicy });
    await startPlainly(`funnel-${applicationId}`, input);
    const status = await until(world.funnels.funnel(applicationId), ({ stage }) => stage === 'verified');
    expect(verdictsOf(status)).toEqual(['passive_check 1 accept', 'document_verification 1 accept']);
  });

  test('has its data made what RiskOS takes, as the client does', async () => {
    const applicationId = `plain-${randomBytes(4).toString('hex')}`;
    const input = exampleApplication(applicationId, { custom: { scenario: 'accept' }, policy: quickPolicy });
    await startPlainly(`funnel-${applicationId}`, {
      ...input,
      candidate: {
        ...input.candidate,
        givenName: ' Jose\u0301 ',
        email: 'robin@bücher.example',
        ipAddress: '::ffff:203.0.113.7',
      },
    });
    await until(world.funnels.funnel(applicationId), ({ stage }) => stage === 'verified');
    const { events } = await world.temporal.workflow.getHandle(`funnel-${applicationId}`).fetchHistory();
    const posted = (events ?? []).flatMap(({ activityTaskScheduledEventAttributes: activity }) =>
      (activity?.input?.payloads ?? []).map(({ data }) => Buffer.from(data ?? []).toString()),
    );
    expect(posted[0]).toContain('"givenName":"José"');
    expect(posted[0]).toContain('"email":"robin@xn--bcher-kva.example"');
    expect(posted[0]).toContain('"ipAddress":"203.0.113.7"');
  });

  test('is refused by field when its input is wrong', async () => {
    const applicationId = `plain-${randomBytes(4).toString('hex')}`;
    const input = exampleApplication(applicationId);
    await startPlainly(`funnel-${applicationId}`, {
      ...input,
      candidate: { ...input.candidate, email: 'no e-mail' },
    });
    await expect(world.funnels.funnel(applicationId).result()).rejects.toMatchObject({
      type: 'InvalidApplication',
      message: expect.stringMatching(/candidate\.email: must be an e-mail address/),
    });
  });

  test('is refused under an id that webhooks could not find', async () => {
    const applicationId = `plain-${randomBytes(4).toString('hex')}`;
    const workflowId = `something-${applicationId}`;
    await startPlainly(workflowId, exampleApplication(applicationId));
    await expect(world.temporal.workflow.result(workflowId)).rejects.toMatchObject({
      cause: { type: 'InvalidApplication', message: expect.stringContaining(`"funnel-${applicationId}"`) },
    });
  });
});
