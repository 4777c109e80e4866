import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createdFor } from '../support/riskos.ts';
import { createWorld, quickPolicy, until, type World } from '../support/world.ts';

let world: World;

beforeAll(async () => {
  world = await createWorld();
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
});
