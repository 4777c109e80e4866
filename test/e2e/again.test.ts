import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Funnel } from '../../src/client/index.ts';
import { exampleApplication } from '../support/application.ts';
import { run } from '../support/processes.ts';
import { createWorld, quickPolicy, until, type World } from '../support/world.ts';

let world: World;
let env: Record<string, string>;
beforeAll(async () => {
  world = await createWorld({ scenarios: { absent: { documents: [{ candidate: 'absent' }] } } });
  await world.startWorker();
  env = {
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    FUNNEL_TASK_QUEUE: world.taskQueue,
    PAYLOAD_ENCRYPTION: 'off',
  };
});
afterAll(() => world.close());

const rejected = { custom: { scenario: 'passive-reject' } };
const absent = (applicationId: string) =>
  exampleApplication(applicationId, { custom: { scenario: 'absent' }, policy: quickPolicy });

async function closed(name: string): Promise<Funnel> {
  const funnel = await world.start(name, rejected);
  await funnel.result();
  return funnel;
}

describe('an application whose funnel has closed', () => {
  test('is not started again without the word, and the refusal names it', async () => {
    const { applicationId } = await closed('rejected');
    const again = world.funnels.startFunnel(absent(applicationId));
    await expect(again).rejects.toMatchObject({
      type: 'AlreadyClosed',
      message: expect.stringMatching(/has ended already.*\{ again: true \}/),
    });
    expect((await world.funnels.funnel(applicationId).status()).outcome).toBe('rejected');
  });

  test('is started again with it, once, and the earlier funnel can still be seen', async () => {
    const { applicationId } = await closed('second-chance');
    const second = await world.funnels.startFunnel(absent(applicationId), { again: true });
    await until(second, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    for (const options of [{}, { again: true }]) {
      await expect(world.funnels.startFunnel(absent(applicationId), options)).rejects.toMatchObject({
        type: 'AlreadyOpen',
      });
    }

    const earlier = world.funnels.funnel(applicationId, { earlier: 1 });
    await expect
      .poll(() => earlier.status().catch(() => undefined))
      .toMatchObject({ stage: 'closed', outcome: 'rejected' });
    expect((await earlier.timeline()).at(-1)?.what).toBe('closed: rejected');
    expect((await earlier.result()).outcome).toBe('rejected');
    await expect(earlier.withdraw()).rejects.toMatchObject({ type: 'WrongStage' });
    await expect(world.funnels.funnel(applicationId, { earlier: 2 }).status()).rejects.toMatchObject({
      type: 'NotFound',
      message: expect.stringMatching(/keeps no 2 earlier funnels/),
    });
    expect((await second.status()).outcome).toBeNull();
  });

  test('needs the word also when its workflow was terminated', async () => {
    const { applicationId } = await world.start('ended', { custom: { scenario: 'absent' } });
    await world.temporal.workflow.getHandle(`funnel-${applicationId}`).terminate();
    await expect(world.funnels.startFunnel(absent(applicationId))).rejects.toMatchObject({
      type: 'AlreadyClosed',
    });
    await expect(world.funnels.startFunnel(absent(applicationId), { again: true })).resolves.toMatchObject({
      applicationId,
    });
  });

  test('needs none where its start argument was refused: that was never a funnel', async () => {
    const applicationId = `mended-${world.taskQueue.slice(-8)}`;
    const { taskQueue } = world;
    await world.temporal.workflow
      .execute('candidateFunnel', { taskQueue, workflowId: `funnel-${applicationId}`, args: [{}] })
      .catch(() => undefined);
    await expect(world.funnels.startFunnel(absent(applicationId))).resolves.toMatchObject({ applicationId });
  });

  test('has no earlier funnel after a reset, which goes on with the same one', async () => {
    const funnel = await world.start('reset', { custom: { scenario: 'absent' } });
    await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
    const workflowId = `funnel-${funnel.applicationId}`;
    const { events } = await world.temporal.workflow.getHandle(workflowId).fetchHistory();
    const completed = events?.find(({ workflowTaskCompletedEventAttributes: task }) => task)?.eventId;
    await world.temporal.workflowService.resetWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId },
      reason: 'a test',
      requestId: 'reset-of-the-test',
      ...(completed ? { workflowTaskFinishEventId: completed } : {}),
    });
    const runs = async () => {
      const query = `WorkflowId = '${workflowId}'`;
      return (await world.temporal.workflowService.countWorkflowExecutions({ namespace: 'default', query }))
        .count;
    };
    await expect.poll(async () => Number(String(await runs()))).toBe(2);
    await expect(world.funnels.funnel(funnel.applicationId, { earlier: 1 }).status()).rejects.toMatchObject({
      type: 'NotFound',
    });
    expect(await funnel.status()).not.toHaveProperty('ended');
  });

  test('is started again by two at once as one funnel', async () => {
    const { applicationId } = await closed('race');
    const both = await Promise.allSettled(
      [1, 2].map(() => world.funnels.startFunnel(absent(applicationId), { again: true })),
    );
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { type: 'AlreadyOpen' },
    });
  });
});

test('the command has the same word, and shows the earlier funnel', async () => {
  const { applicationId } = await closed('command');
  const folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-again-'));
  const file = join(folder, 'application.json');
  await writeFile(file, JSON.stringify(absent(applicationId)));
  expect(await run(['start', file], env)).toMatchObject({
    code: 4,
    stdout: '',
    stderr: expect.stringMatching(/has ended already.*add --again\n$/),
  });
  expect(await run(['start', file, '--again'], env)).toMatchObject({ code: 0 });
  await expect
    .poll(async () => (await run(['status', applicationId, '--earlier'], env)).stdout)
    .toMatch(/closed: rejected/);
  expect((await run(['timeline', applicationId, '--earlier', '1'], env)).stdout).toMatch(/closed: rejected/);
  expect(await run(['status', applicationId, '--earlier', '0'], env)).toMatchObject({ code: 2 });
  await rm(folder, { recursive: true, force: true });
});
