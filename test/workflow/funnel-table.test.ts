import { afterAll, beforeAll, describe, test } from 'vitest';
import { createWorld, type World } from '../support/world.ts';
import { expectedColumn, observedColumn } from './funnel-table/play.ts';
import { scenarios } from './funnel-table/plays.ts';
import { onServer } from './funnel-table/real.ts';

let world: World;
beforeAll(async () => {
  // Without a relay: no event comes but those of the table.
  world = await createWorld({ scenarios, acceptForeignBaselines: true });
  await world.startWorker();
});
afterAll(() => world.close());

// Every column, test/simulation/funnel-table.test.ts has; these are one of each kind, on a real server.
describe.concurrent('what docs/funnel.md says of every message', () => {
  test.for(['capture', 'review', 'verified', 'unclear', 'closed'] as const)(
    'at %s',
    async (state, { expect }) => {
      const stage = 'document_verification';
      expect(await observedColumn(onServer(world), state, stage)).toEqual(expectedColumn(state, stage));
    },
  );
});
