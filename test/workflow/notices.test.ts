import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createNotifier } from '../../src/notifier/index.ts';
import { createReceiver, type Receiver } from '../support/receiver.ts';
import { decideInRiskos, documentsOf } from '../support/riskos.ts';
import { createWorld, quickPolicy, until, type World } from '../support/world.ts';

const secret = `whsec_${Buffer.alloc(32, 'a').toString('base64')}`;
const other = `whsec_${Buffer.alloc(32, 'b').toString('base64')}`;

let world: World;
let receiver: Receiver;

beforeEach(async () => {
  world = await createWorld({
    scenarios: {
      absent: { documents: [{ candidate: 'absent' }] },
      // The link is told before the verdict on a busy machine too.
      rejected: { documents: [{ after: 400, decision: 'REJECT' }] },
      accepted: { documents: [{ after: 400 }] },
    },
  });
  receiver = await createReceiver(secret);
  await world.startRelay();
});
afterEach(async () => {
  await world.close();
  await receiver.close();
});

async function startWorker(secrets = [secret], url = receiver.url): Promise<void> {
  await world.startWorker(undefined, createNotifier({ url, secrets }));
}

const changesOf = (applicationId: string) =>
  receiver.received.flatMap(({ type, data }) =>
    type === 'funnel.changed' && data.applicationId === applicationId ? [data.changes] : [],
  );

const imagesOf = (applicationId: string) =>
  receiver.received.flatMap(({ type, data }) =>
    type === 'images.changed' && data.applicationId === applicationId ? [data] : [],
  );

function expectStory(applicationId: string, story: string[]): void {
  expect(changesOf(applicationId).flat()).toEqual(story);
}

/** RiskOS says of accepted documents that they are rejected. */
async function contradict(applicationId: string): Promise<void> {
  const [documents] = documentsOf(world, applicationId);
  await decideInRiskos(world, documents?.eval_id ?? '', 'REJECT');
}

describe('HR is told', () => {
  test('of each change that it must act on or know, in order, signed, and of nothing else', async () => {
    await startWorker();
    const funnel = await world.start('told', { custom: { scenario: 'accepted' } });
    // Nobody asks anything of a funnel that rests at verified, so each of these comes by itself.
    await expect.poll(() => imagesOf(funnel.applicationId)).toMatchObject([{ result: 'archived', count: 3 }]);
    await contradict(funnel.applicationId);
    await expect.poll(() => changesOf(funnel.applicationId).flat()).toContain('conflict');
    await funnel.complete();
    await expect.poll(() => changesOf(funnel.applicationId).flat()).toContain('closed');
    expectStory(funnel.applicationId, ['verdict', 'next_action', 'verdict', 'conflict', 'closed']);
    const link = receiver.received.find(
      ({ type, data }) => type === 'funnel.changed' && data.nextAction.kind === 'show_capture_link',
    );
    expect(link).toMatchObject({
      data: { stage: 'document_verification', nextAction: { url: expect.stringMatching(/^http/) } },
    });
    expect(new Set(receiver.received.map(({ id }) => id)).size).toBe(receiver.received.length);
  });

  test('of what is new only, and without anything of the candidate', async () => {
    await startWorker();
    const policy = { ...quickPolicy, images: { lag: '100ms', keepFor: '1s' } };
    const funnel = await world.start('shy', { custom: { scenario: 'accepted' }, policy });
    await expect
      .poll(() => imagesOf(funnel.applicationId).map(({ state, result, count }) => [state, result, count]))
      .toEqual([
        ['kept', 'archived', 3],
        ['ended', 'deleted', 3],
      ]);
    const told = receiver.received.map(({ body }) => body).join('\n');
    for (const secretOfTheirs of ['Robin', 'Quill', 'robin.quill', '4155550142', 'Harbour', 'di-session']) {
      expect(told).not.toContain(secretOfTheirs);
    }
    const verdicts = receiver.received.flatMap(({ type, data }) =>
      type === 'funnel.changed' ? data.verdicts.map(({ stage }) => stage) : [],
    );
    expect(verdicts).toEqual(['passive_check', 'document_verification']);
  });

  test('with both secrets while one is rotated', async () => {
    await startWorker([other, secret]);
    const funnel = await world.start('rotated', { custom: { scenario: 'absent' } });
    await expect.poll(() => changesOf(funnel.applicationId).flat()).toContain('next_action');
  });

  test('later, in order and each thing once, when its system was down', async () => {
    receiver.status = 503;
    await startWorker();
    const funnel = await world.start('down', { custom: { scenario: 'rejected' } });
    await until(funnel, ({ stage }) => stage === 'closed');
    await expect.poll(() => receiver.refused.length).toBeGreaterThan(0);
    receiver.status = 200;
    // The funnel is over meanwhile: what was left is sent by a workflow that outlives it.
    await expect.poll(() => changesOf(funnel.applicationId).flat()).toContain('closed');
    expect((await funnel.result()).outcome).toBe('rejected');
    expectStory(funnel.applicationId, ['verdict', 'next_action', 'verdict', 'closed']);
  });

  test('of nothing when nobody listens, and then nothing is written down either', async () => {
    await world.startWorker();
    const funnel = await world.start('nobody', { custom: { scenario: 'accepted' } });
    await until(funnel, ({ images }) => images[0]?.result === 'archived');
    const handle = world.temporal.workflow.getHandle(`funnel-${funnel.applicationId}`);
    const { events = [] } = await handle.fetchHistory();
    const activities = events?.flatMap(
      (event) => event.activityTaskScheduledEventAttributes?.activityType?.name ?? [],
    );
    expect(activities).not.toContain('notify');
    expect(receiver.received).toEqual([]);
  });
});
