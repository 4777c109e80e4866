import { Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bundlePath } from '../../src/worker/bundle-path.ts';
import { createNotifier } from '../../src/notifier/index.ts';
import { createReceiver, type Receiver } from '../support/receiver.ts';
import { createWorld, quickPolicy, type World } from '../support/world.ts';

const secret = `whsec_${Buffer.alloc(32, 'c').toString('base64')}`;

let world: World;
let receiver: Receiver;
beforeAll(async () => {
  world = await createWorld();
  receiver = await createReceiver(secret);
  await world.startRelay();
});
afterAll(async () => {
  await world.close();
  await receiver.close();
});

// What happens within one workflow task depends on how busy the machine is, so many of them run at once.
test.each([
  ['nobody is told', () => undefined],
  ['HR is told', () => createNotifier({ url: receiver.url, secrets: [secret] })],
])('funnels that have just closed replay, when %s', async (_when, notifier) => {
  await world.startWorker(undefined, notifier());
  const images = { archiveOn: ['accept' as const, 'reject' as const], lag: '100ms' };
  const funnels = await Promise.all(
    ['passive-reject', 'accept', 'resubmit-exhausted'].flatMap((scenario) =>
      Array.from({ length: 4 }, () =>
        world.start('closing', { custom: { scenario }, policy: { ...quickPolicy, images } }),
      ),
    ),
  );
  await Promise.all(
    funnels.map(async (funnel) => {
      for await (const { stage } of funnel.watch({ interval: 100 })) {
        if (stage === 'verified') await funnel.complete();
        if (stage === 'closed') break;
      }
      await funnel.result();
    }),
  );
  const histories = funnels.map(async ({ applicationId }) => {
    const handle = world.temporal.workflow.getHandle(`funnel-${applicationId}`);
    return { workflowId: handle.workflowId, history: await handle.fetchHistory() };
  });
  const workflowBundle = { codePath: bundlePath };
  const broken: unknown[] = [];
  for await (const replayed of Worker.runReplayHistories({ workflowBundle }, await Promise.all(histories)))
    if (replayed.error) broken.push(replayed);
  expect(broken).toEqual([]);
  await world.stopWorker();
});
