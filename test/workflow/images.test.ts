import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { createNotifier } from '../../src/notifier/index.ts';
import { imagesWorkflowIdOf } from '../../src/contract/index.ts';
import { createGateway } from '../support/gateway.ts';
import { run } from '../support/processes.ts';
import { createReceiver, type Receiver } from '../support/receiver.ts';
import { createdFor } from '../support/riskos.ts';
import { createWorld, quickPolicy, until, type World } from '../support/world.ts';

let world: World;

beforeAll(async () => {
  world = await createWorld({
    scenarios: { rejected: { documents: [{ decision: 'REJECT' }] } },
  });
  await world.startRelay();
  await world.startWorker();
});
afterAll(() => world.close());

/** How often RiskOS was asked for the images of a funnel. */
function askedFor(applicationId: string): number {
  const ids = createdFor(world, applicationId).map(({ eval_id }) => eval_id);
  return world.emulator.ledger().documents.filter(({ eval_id }) => ids.includes(eval_id)).length;
}

describe('images', () => {
  test('hold nobody up, and are asked for when RiskOS has had the time that it needs', async () => {
    const policy = { ...quickPolicy, images: { lag: '5s' } };
    const funnel = await world.start('lag', { custom: { scenario: 'accept' }, policy });
    const verified = await until(funnel, ({ stage }) => stage === 'verified');
    expect(verified.images).toMatchObject([{ result: 'pending' }]);
    expect(askedFor(funnel.applicationId)).toBe(0);
    const archived = await until(funnel, ({ images }) => images[0]?.result === 'archived');
    expect(archived).toMatchObject({ stage: 'verified', images: [{ count: 3 }] });
    expect(askedFor(funnel.applicationId)).toBe(1);
  });

  test.each(['complete', 'withdraw'] as const)(
    'are asked for at once when the funnel closes: %s',
    async (how) => {
      const policy = { ...quickPolicy, images: { lag: '10 minutes' } };
      const funnel = await world.start(`closing-${how}`, { custom: { scenario: 'accept' }, policy });
      await until(funnel, ({ stage }) => stage === 'verified');
      await funnel[how]();
      expect((await funnel.result()).images).toMatchObject([{ result: 'archived', count: 3 }]);
    },
  );

  test.each([
    ['accept', 40],
    ['rejected', 20],
  ])('are kept as long as the verdict says: %s, %i days', async (scenario, days) => {
    const keepFor = { accept: '40 days', reject: '20 days' };
    const images = { lag: '100ms', archiveOn: ['accept' as const, 'reject' as const], keepFor };
    const funnel = await world.start('keep', { custom: { scenario }, policy: { ...quickPolicy, images } });
    const evaluationId = `${funnel.applicationId}~`;
    const listed = async () =>
      (await world.funnels.listImages(funnel.applicationId)).map((status) => ({
        ...status,
        days: Math.round((Date.parse(status.keepUntil ?? '') - Date.now()) / (24 * 3_600_000)),
      }));
    await expect
      .poll(listed)
      .toMatchObject([{ evaluationId: expect.stringContaining(evaluationId), state: 'kept', days }]);
  });

  test('that failed are fetched again after a retry, and the record of the funnel follows', async () => {
    const refused = { status: 403, body: '{}' };
    const { world: other, gateway, receiver } = await worldWithGateway();
    gateway.meddle = ({ path }) => (path.endsWith('/documents') ? refused : 'pass');
    const funnel = await other.start('failed', { custom: { scenario: 'accept' } });
    const { images } = await until(funnel, (status) => status.images[0]?.result === 'failed');
    expect(images).toMatchObject([{ count: 0, reason: 'permission_denied' }]);
    gateway.meddle = () => 'pass';
    await other.funnels.images(images[0]?.evaluationId ?? '').retry({ by: 'Ada' });
    const later = await until(funnel, (status) => status.images[0]?.result === 'archived');
    expect(later.images).toMatchObject([{ count: 3 }]);
    expect(later.images[0]).not.toHaveProperty('reason');
    expect((await funnel.timeline()).flatMap(({ kind, what }) => (kind === 'images' ? [what] : []))).toEqual([
      'images: failed: permission denied',
      'images: archived (3)',
    ]);
    // The retention workflow tells HR, and the funnel does not.
    await expect.poll(() => resultsIn(receiver)).toEqual(['failed', 'archived']);
    expect(
      receiver.received.flatMap(({ type, data }) => (type === 'funnel.changed' ? data.changes : [])),
    ).not.toContain('images');
  });

  test('whose result is later than the end of the funnel reach HR by notice and by status', async () => {
    let answer = (): void => undefined;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    const { world: other, gateway, receiver } = await worldWithGateway();
    gateway.meddle = ({ path }) => (path.endsWith('/documents') ? { hold_before: () => answered } : 'pass');
    const funnel = await other.start('late', { custom: { scenario: 'accept' } });
    const { images } = await until(funnel, ({ stage }) => stage === 'verified');
    const handle = other.temporal.workflow.getHandle(imagesWorkflowIdOf(images[0]?.evaluationId ?? ''));
    await expect
      .poll(() =>
        handle.describe().then(
          ({ status }) => status.name,
          () => 'none',
        ),
      )
      .toBe('RUNNING');
    await other.temporal.workflow.getHandle(`funnel-${funnel.applicationId}`).terminate();
    expect((await funnel.status()).images).toMatchObject([{ result: 'pending' }]);
    answer();
    await expect
      .poll(async () => (await funnel.status()).images)
      .toMatchObject([{ result: 'archived', count: 3, attachments: 0 }]);
    await expect.poll(() => resultsIn(receiver)).toEqual(['archived']);
  });

  test('are in the record of a funnel that was reset, which asks for the result again', async () => {
    const funnel = await world.start('reset', { custom: { scenario: 'accept' } });
    await until(funnel, ({ images }) => images[0]?.result === 'archived');
    const execution = { workflowId: `funnel-${funnel.applicationId}` };
    const { events } = await world.temporal.workflow.getHandle(execution.workflowId).fetchHistory();
    const begun = events?.find((event) => event.startChildWorkflowExecutionInitiatedEventAttributes);
    const { workflowTaskCompletedEventId } = begun?.startChildWorkflowExecutionInitiatedEventAttributes ?? {};
    await world.temporal.workflowService.resetWorkflowExecution({
      namespace: 'default',
      workflowExecution: execution,
      reason: 'test',
      requestId: `reset-${funnel.applicationId}`,
      workflowTaskFinishEventId: workflowTaskCompletedEventId ?? null,
    });
    await until(funnel, ({ images }) => images[0]?.result === 'archived');
    expect(askedFor(funnel.applicationId)).toBe(1);
  });
});

describe('the command', () => {
  test('holds, releases, erases and lists the images of an application', async () => {
    const funnel = await world.start('verbs', { custom: { scenario: 'accept' } });
    const { applicationId } = funnel;
    const { images } = await until(funnel, (status) => status.images[0]?.result === 'archived');
    const evaluationId = images[0]?.evaluationId ?? '';
    await expect.poll(() => world.funnels.listImages(applicationId)).toMatchObject([{ state: 'kept' }]);
    const env = { ARCHIVE_URL: `file://${world.archiveFolder}`, TEMPORAL_ADDRESS: inject('temporalAddress') };
    const verb = async (...args: string[]) => {
      const { code, stdout, stderr } = await run(['images', ...args, '--json'], env);
      return { code, stderr, says: stdout === '' ? undefined : JSON.parse(stdout.split('\n')[0] ?? '') };
    };
    const why = ['--by', 'Ada', '--reason', 'case 7'];
    expect(await verb('retry', applicationId)).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('possible now: hold, erase'),
    });
    expect(await verb('hold', applicationId, ...why)).toMatchObject({
      code: 0,
      says: { state: 'kept', hold: { by: 'Ada', reason: 'case 7' } },
    });
    expect(await verb('list', applicationId)).toMatchObject({
      code: 0,
      says: { result: 'archived', state: 'kept', images: 3, hold: { by: 'Ada' } },
    });
    expect(await verb('erase', applicationId, ...why)).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('by Ada; release the hold first'),
    });
    expect(await verb('release', applicationId, ...why)).toMatchObject({ code: 0, says: { hold: null } });
    expect(await verb('erase', evaluationId, ...why)).toMatchObject({ code: 0, says: { result: 'deleted' } });
    // The workflow has ended, and the archive says that nothing is left.
    expect(await verb('erase', evaluationId, ...why)).toMatchObject({ code: 0, says: { result: 'deleted' } });
    expect(await verb('retry', evaluationId)).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('has ended, with the result deleted'),
    });
    expect(await verb('list', applicationId)).toMatchObject({ says: { result: 'deleted', state: 'ended' } });
    expect(await verb('hold', 'nobody', ...why)).toMatchObject({ code: 3 });
    expect(await verb('hold', 'no~body', ...why)).toMatchObject({ code: 2 });
  });
});

test('an erasure of an application deletes images whose workflow was terminated too', async () => {
  const funnel = await world.start('orphans', { custom: { scenario: 'accept' } });
  const { applicationId } = funnel;
  const { images } = await until(funnel, (status) => status.images[0]?.result === 'archived');
  const evaluationId = images[0]?.evaluationId ?? '';
  await funnel.requestReverification();
  await until(funnel, (status) => status.images[1]?.result === 'archived');
  await world.temporal.workflow.getHandle(imagesWorkflowIdOf(evaluationId)).terminate();
  const ended = async () =>
    (await world.funnels.listImages(applicationId)).filter(({ ended: how }) => how).length;
  await expect.poll(ended).toBe(1);
  const env = { ARCHIVE_URL: `file://${world.archiveFolder}`, TEMPORAL_ADDRESS: inject('temporalAddress') };
  const { code, stdout } = await run(
    ['images', 'erase', applicationId, '--by', 'Ada', '--reason', 'asked for', '--json'],
    env,
  );
  expect(code).toBe(0);
  const erased = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(erased.map(({ result }) => result)).toEqual(['deleted', 'deleted']);
  expect(erased.map((one) => one.evaluationId)).toContain(evaluationId);
});

const secret = `whsec_${Buffer.alloc(32, 'a').toString('base64')}`;

/** A world of its own, with a gateway before RiskOS and an HR system that takes notices. */
async function worldWithGateway() {
  const other = await createWorld();
  const gateway = await createGateway(other.emulator.url);
  const receiver = await createReceiver(secret);
  onTestFinished(async () => {
    await other.close();
    await gateway.close();
    await receiver.close();
  });
  await other.startRelay();
  await other.startWorker(gateway.url, createNotifier({ url: receiver.url, secrets: [secret] }));
  return { world: other, gateway, receiver };
}

function resultsIn({ received }: Receiver): string[] {
  return received.flatMap(({ type, data }) => (type === 'images.changed' ? [data.result] : []));
}
