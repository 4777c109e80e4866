import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Funnel } from '../../src/client/index.ts';
import { createWorld, until, type World } from '../support/world.ts';
import { historyOf } from './history.ts';
import { deliverAsRiskos, letter } from './support/deliver.ts';
import { captureIn, createdFor } from '../support/riskos.ts';

let world: World;
let relayUrl: string;

beforeAll(async () => {
  world = await createWorld({
    scenarios: { person: { documents: [{ candidate: 'person', decision: 'REJECT' }] } },
  });
  relayUrl = (await world.startRelay()).url;
  await world.startWorker();
});
afterAll(() => world.close());

async function storm(id: string, evalId: string): Promise<number[]> {
  const kinds = ['evaluation_completed', 'decision_update', 'case_notes_added', 'reevaluation'];
  return Promise.all(
    Array.from({ length: 20 }, (_, nth) =>
      deliverAsRiskos(relayUrl, letter(kinds[nth % 4] ?? '', { id, eval_id: evalId, decision: 'ACCEPT' })),
    ),
  );
}

async function paused() {
  const funnel = await world.start('closing', { custom: { scenario: 'person' } });
  await until(funnel, ({ nextAction }) => nextAction.kind === 'show_capture_link');
  const { id = '', eval_id: evalId = '' } = createdFor(world, funnel.applicationId).at(-1) ?? {};
  return { funnel, id, evalId };
}

/** It stays closed, its run completed, and no other run was begun. */
async function staysClosed(funnel: Funnel, outcome: string): Promise<void> {
  const closed = await funnel.result();
  expect(closed).toMatchObject({ stage: 'closed', outcome });
  const handle = world.temporal.workflow.getHandle(`funnel-${funnel.applicationId}`);
  const { runId } = await handle.describe();
  expect((await historyOf(world.temporal, handle.workflowId)).failures).toEqual([]);
  const { id = '', eval_id: evalId = '' } = createdFor(world, funnel.applicationId).at(-1) ?? {};
  expect(new Set(await storm(id, evalId))).toEqual(new Set([200]));
  const after = await handle.describe();
  expect([after.runId, after.status.name]).toEqual([runId, 'COMPLETED']);
  expect(closed).toMatchObject(await funnel.status());
}

describe('events that race', () => {
  test('with the close are taken or told that nobody is there, and change nothing', async () => {
    const funnels = await Promise.all(Array.from({ length: 5 }, paused));
    const answers = await Promise.all(
      funnels.map(async ({ id, evalId }) => {
        const [codes] = await Promise.all([storm(id, evalId), captureIn(world, evalId)]);
        return codes;
      }),
    );
    expect(new Set(answers.flat())).toEqual(new Set([200]));
    for (const { funnel } of funnels) await staysClosed(funnel, 'rejected');
  });

  test('with a withdrawal, too', async () => {
    const funnels = await Promise.all(Array.from({ length: 5 }, paused));
    const answers = await Promise.all(
      funnels.map(async ({ funnel, id, evalId }) => {
        const [codes, status] = await Promise.all([storm(id, evalId), funnel.withdraw()]);
        expect(status.outcome).toBe('withdrawn');
        return codes;
      }),
    );
    expect(new Set(answers.flat())).toEqual(new Set([200]));
    for (const { funnel } of funnels) await staysClosed(funnel, 'withdrawn');
  });
});
