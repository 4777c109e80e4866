import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundlePath } from '../../src/worker/bundle-path.ts';
import { createGateway, type Gateway } from '../support/gateway.ts';
import { createWorld, until, type World } from '../support/world.ts';

let world: World;
let gateway: Gateway;

beforeAll(async () => {
  world = await createWorld();
  gateway = await createGateway(world.emulator.url);
  await world.startRelay();
  await world.startWorker(gateway.url);
});
afterAll(async () => {
  await world.stopWorker();
  await gateway.close();
  await world.close();
});

// A query that reaches the new worker before the workflow task does lets the timer fire at the time of the last task. The
// funnel looks at the clock, finds it too early and starts the timer again, which no replay does: it never moves again.
test('timers that fire while no worker is there, and queries that wait for one, break no history', async () => {
  gateway.meddle = ({ method, nth }) =>
    method === 'POST' && nth <= 12
      ? { status: 429, body: '{"message":"slow down"}', headers: { 'x-retry-after': '5' } }
      : 'pass';
  const funnels = await Promise.all(
    Array.from({ length: 12 }, () => world.start('query', { custom: { scenario: 'passive-reject' } })),
  );
  const handles = funnels.map(({ applicationId }) =>
    world.temporal.workflow.getHandle(`funnel-${applicationId}`),
  );
  const counted = async (kind: 'timerStartedEventAttributes' | 'timerFiredEventAttributes') => {
    const histories = await Promise.all(handles.map((handle) => handle.fetchHistory()));
    return histories.filter(({ events }) => events?.some((event) => event[kind])).length;
  };
  await expect.poll(() => counted('timerStartedEventAttributes')).toBe(12);
  await world.stopWorker();
  const asked = funnels.flatMap((funnel) => [funnel.timeline(), funnel.timeline(), funnel.timeline()]);
  await expect.poll(() => counted('timerFiredEventAttributes')).toBe(12);
  await world.startWorker(gateway.url);
  await Promise.allSettled(asked);
  for (const funnel of funnels) await until(funnel, ({ stage }) => stage === 'closed');
  const histories = handles.map(async (handle) => ({
    workflowId: handle.workflowId,
    history: await handle.fetchHistory(),
  }));
  const workflowBundle = { codePath: bundlePath };
  const broken: unknown[] = [];
  for await (const replayed of Worker.runReplayHistories({ workflowBundle }, await Promise.all(histories)))
    if (replayed.error) broken.push(replayed);
  expect(broken).toEqual([]);
});
