import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { play } from '../../src/cli/demo/play.ts';
import { scenarios } from '../../src/cli/demo/scenarios.ts';
import { createWorld, type World } from '../support/world.ts';

const lateAccept = { event: 'decision_update', decision: 'ACCEPT', after: 200 };

let world: World;
beforeAll(async () => {
  world = await createWorld({
    pace: 20,
    scenarios: {
      // The reviewer takes longer here than a busy machine takes to look.
      'review-then-accept': { documents: [{ decision: 'REVIEW', afterwards: [lateAccept] }] },
      'failure-then-review': {
        documents: [
          { enrichments: [{ module: 'documentverification', statusCode: 500 }], afterwards: [lateAccept] },
        ],
      },
      'review-with-queues': { documents: [{ decision: 'REVIEW', score: 57.5, afterwards: [lateAccept] }] },
    },
  });
  await world.startRelay();
  await world.startWorker();
});
afterAll(() => world.close());

describe('each named candidate of the demo ends as it should', () => {
  test.concurrent.each(scenarios)('$name: $about', async (scenario) => {
    const suffix = world.taskQueue.slice(-8);
    const signal = AbortSignal.timeout(50_000);
    const progress = await play(world.funnels, scenario, suffix, { signal, changed: () => {} });
    expect(progress.difference).toBeUndefined();
    expect(progress.asExpected).toBe(true);
    const created = world.emulator
      .ledger()
      .evaluations.filter(({ id }) => id.startsWith(`${progress.applicationId}~`));
    const ids = created.map(({ id }) => id);
    expect(ids).toEqual([...new Set(ids)]);
    expect(ids).toEqual([
      ...new Set(progress.status?.verdicts.map(({ evaluationId }) => evaluationId).concat(ids)),
    ]);
  });

  test('the selfie is compared with the accepted documents, and only then', async () => {
    const suffix = `b${world.taskQueue.slice(-8)}`;
    const scenario = scenarios.find(({ name }) => name === 'reverified');
    if (!scenario) throw new Error('the scenario is gone');
    await play(world.funnels, scenario, suffix, { signal: AbortSignal.timeout(50_000), changed: () => {} });
    const status = await world.funnels.funnel(`reverified-${suffix}`).status();
    expect(status.verdicts.at(-1)).toMatchObject({
      stage: 'selfie_reverification',
      verdict: 'accept',
      flags: [],
    });
  });

  test('an SMS goes out once for each capture, never twice', () => {
    const sent = world.emulator.ledger().sms.map(({ id }) => id);
    expect(sent.length).toBeGreaterThan(0);
    expect(sent).toEqual([...new Set(sent)]);
  });
});
