import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { Funnel, FunnelFilter } from '../../src/client/index.ts';
import { createGateway, type Gateway } from '../support/gateway.ts';
import { createdFor, smsFor } from '../support/riskos.ts';
import { createWorld, quickPolicy, until, verdictsOf, type World } from '../support/world.ts';

let world: World;
let gateway: Gateway;

beforeAll(async () => {
  world = await createWorld({
    scenarios: { absent: { documents: [{ candidate: 'absent' }] } },
  });
  gateway = await createGateway(world.emulator.url);
  await world.startRelay();
  await world.startWorker(gateway.url);
});
afterAll(async () => {
  await world.close();
  await gateway.close();
});
beforeEach(() => {
  gateway.meddle = () => 'pass';
});

/** What an operator does with `temporal workflow reset --type FirstWorkflowTask`. */
async function reset(funnel: Funnel): Promise<void> {
  const workflowId = `funnel-${funnel.applicationId}`;
  const { events } = await world.temporal.workflow.getHandle(workflowId).fetchHistory();
  const first = events?.find((event) => event.workflowTaskCompletedEventAttributes);
  const { runId } = await world.temporal.workflow.getHandle(workflowId).describe();
  await world.temporal.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId, runId },
    workflowTaskFinishEventId: first?.eventId ?? null,
    reason: 'test',
    requestId: randomUUID(),
  });
}

const atLink = (funnel: Funnel) => until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');

test('a reset creates no evaluation anew and sends no second SMS: it adopts what the run before created', async () => {
  const funnel = await world.start('reset', { custom: { scenario: 'absent' } });
  const before = await atLink(funnel);
  await reset(funnel);
  const after = await atLink(funnel);
  expect(after.nextAction).toEqual({ ...before.nextAction, expiresAt: expect.any(String) });
  expect(createdFor(world, funnel.applicationId)).toHaveLength(2);
  expect(smsFor(world, funnel.applicationId)).toHaveLength(1);
});

test('a funnel that was reset is listed once, as its latest run', async () => {
  const funnel = await world.start('reset-listed', { custom: { scenario: 'absent' } });
  await atLink(funnel);
  await reset(funnel);
  await atLink(funnel);
  const query = `WorkflowId = 'funnel-${funnel.applicationId}'`;
  const runs = async () => {
    const names: string[] = [];
    for await (const run of world.temporal.workflow.list({ query })) names.push(run.status.name);
    return names.toSorted();
  };
  await expect.poll(runs).toEqual(['RUNNING', 'TERMINATED']);
  const listed = async (filter: FunnelFilter) =>
    (await world.funnels.list({ ...filter, limit: 1000 }))
      .filter(({ applicationId }) => applicationId === funnel.applicationId)
      .map(({ execution }) => execution);
  expect(await listed({})).toEqual(['running']);
  // Nobody ended this funnel: the run that a filter finds is not its latest.
  expect(await listed({ ended: 'terminated' })).toEqual([]);
});

test('so does a reset of a reset', async () => {
  const funnel = await world.start('reset-twice', { custom: { scenario: 'absent' } });
  await atLink(funnel);
  await reset(funnel);
  await atLink(funnel);
  await reset(funnel);
  await atLink(funnel);
  expect(createdFor(world, funnel.applicationId)).toHaveLength(2);
});

test('a POST of the run before whose answer was lost is perhaps processed, so an event is awaited before another one', async () => {
  gateway.meddle = ({ method }) => (method === 'POST' ? 'cut_after' : 'pass');
  const policy = { ...quickPolicy, ambiguousWait: '1 hour' };
  const funnel = await world.start('reset-unclear', { custom: { scenario: 'absent' }, policy });
  await until(funnel, ({ trouble }) => trouble?.reason === 'request_unclear');
  const created = createdFor(world, funnel.applicationId).length;
  gateway.meddle = () => 'pass';
  await reset(funnel);
  await until(funnel, ({ trouble }) => trouble?.reason === 'request_unclear');
  expect(createdFor(world, funnel.applicationId)).toHaveLength(created);
});

test('images that are archived stay archived', async () => {
  const funnel = await world.start('reset-images', { custom: { scenario: 'accept' } });
  const archived = ({ images }: { images: { result: string }[] }) => images[0]?.result === 'archived';
  const before = await until(funnel, archived);
  await reset(funnel);
  const after = await until(funnel, archived);
  expect(after.images).toEqual(before.images);
  expect(verdictsOf(after)).toEqual(verdictsOf(before));
  expect(createdFor(world, funnel.applicationId)).toHaveLength(2);
});
