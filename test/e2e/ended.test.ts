import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Funnel, FunnelStatus } from '../../src/client/index.ts';
import { exampleApplication } from '../support/application.ts';
import { run } from '../support/processes.ts';
import { createWorld, quickPolicy, until, type World } from '../support/world.ts';

let world: World;
let env: Record<string, string>;
beforeAll(async () => {
  world = await createWorld({ scenarios: { absent: { documents: [{ candidate: 'absent' }] } } });
  await world.startWorker();
  env = { TEMPORAL_ADDRESS: inject('temporalAddress'), FUNNEL_TASK_QUEUE: world.taskQueue };
});
afterAll(() => world.close());

const handleOf = ({ applicationId }: Funnel) => world.temporal.workflow.getHandle(`funnel-${applicationId}`);

/** A funnel that waits for its candidate. */
async function waiting(name: string): Promise<Funnel> {
  const funnel = await world.start(name, { custom: { scenario: 'absent' } });
  await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
  return funnel;
}

describe('a funnel whose workflow somebody terminated', () => {
  let funnel: Funnel;
  beforeAll(async () => {
    funnel = await waiting('terminated');
    await handleOf(funnel).terminate('somebody meant well');
  });

  test('has a status that says so, and waits for nobody', async () => {
    expect(await funnel.status()).toMatchObject({
      stage: 'document_verification',
      attempt: 1,
      outcome: null,
      waitingFor: 'nothing',
      deadline: null,
      nextAction: { kind: 'none' },
      ended: { how: 'terminated', at: expect.stringMatching(/^\d{4}-.*Z$/) },
    });
  });

  test('ends a watch with that status', async () => {
    const seen: FunnelStatus[] = [];
    for await (const status of funnel.watch({ interval: 20 })) seen.push(status);
    expect(seen.map(({ ended }) => ended?.how)).toEqual(['terminated']);
  });

  test('has no result, and takes no update', async () => {
    const error = {
      type: 'EndedInTemporal',
      message: expect.stringMatching(/was terminated in Temporal.*\{ again: true \}/),
    };
    await expect(funnel.result()).rejects.toMatchObject(error);
    await expect(funnel.withdraw()).rejects.toMatchObject(error);
    await expect(funnel.result()).rejects.not.toMatchObject({
      message: expect.stringContaining('meant well'),
    });
  });

  test('is in the list as ended, and not among those that wait for the candidate', async () => {
    const listed = async () =>
      (await world.funnels.list({ ended: 'terminated', limit: 1000 })).find(
        ({ applicationId }) => applicationId === funnel.applicationId,
      );
    await expect.poll(listed).toMatchObject({
      execution: 'terminated',
      stage: 'document_verification',
      waitingFor: 'nothing',
      deadline: null,
      escalation: null,
    });
    for (const filter of [{ stage: 'document_verification' }, { waitingFor: 'candidate' }] as const) {
      const found = await world.funnels.list({ ...filter, limit: 1000 });
      expect(found.map(({ applicationId }) => applicationId)).not.toContain(funnel.applicationId);
    }
  });

  test('is shown so by the command', async () => {
    const { stdout } = await run(['status', funnel.applicationId], env);
    expect(stdout).toMatch(/terminated in Temporal on \d{4}-.* UTC, at document verification\n/);
    expect(stdout).not.toMatch(/waits for|show the candidate/);
    expect(await run(['watch', funnel.applicationId], env)).toMatchObject({ code: 0 });
    expect(await run(['withdraw', funnel.applicationId], env)).toMatchObject({
      code: 4,
      stderr: expect.stringMatching(/was terminated in Temporal.*--again\n$/),
    });
    const list = await run(['list', '--ended', 'terminated', '--limit', '1000'], env);
    expect(list.stdout).toMatch(new RegExp(`${funnel.applicationId}.*terminated`));
  });

  test('ends a watch that had begun before', async () => {
    const other = await waiting('watched');
    const seen: string[] = [];
    for await (const { ended, nextAction } of other.watch({ interval: 20 })) {
      seen.push(ended?.how ?? nextAction.kind);
      if (!ended) await handleOf(other).terminate();
    }
    expect(seen).toEqual(['show_capture_link', 'terminated']);
  });
});

test('a workflow that timed out before a worker took it up is reported as such, also without any worker', async () => {
  const applicationId = `late-${randomBytes(4).toString('hex')}`;
  await world.temporal.workflow.start('candidateFunnel', {
    taskQueue: 'nobody-polls-this',
    workflowId: `funnel-${applicationId}`,
    workflowExecutionTimeout: '1s',
    args: [exampleApplication(applicationId, { policy: quickPolicy })],
  });
  const funnel = world.funnels.funnel(applicationId);
  const error = { type: 'EndedInTemporal', message: expect.stringMatching(/timed out in Temporal/) };
  await expect(funnel.result()).rejects.toMatchObject(error);
  const ended = { stage: 'starting', waitingFor: 'nothing', ended: { how: 'timed_out' } };
  expect(await funnel.status()).toMatchObject(ended);
  for await (const seen of funnel.watch({ interval: 20 })) expect(seen).toMatchObject(ended);
});
