import { afterAll, beforeAll, expect, test } from 'vitest';
import { killProcess, type Running, startProcess } from '../support/processes.ts';
import { createWorld, until, verdictsOf, type World } from '../support/world.ts';
import { createdFor, smsFor } from '../support/riskos.ts';

let world: World;
let workers: Running[] = [];

beforeAll(async () => {
  world = await createWorld({ pace: 20 });
  await world.startRelay();
  const env = {
    ...world.workerSettings,
    RISKOS_REQUESTS_PER_SECOND: '1000',
  };
  workers = await Promise.all([1, 2].map(() => startProcess(['worker'], env, /worker runs/)));
});
afterAll(async () => {
  await Promise.all(workers.map((worker) => killProcess(worker)));
  await world.close();
});

test('two workers share the funnels, and each evaluation is created once', async () => {
  const scenarios = Array.from({ length: 10 }, (_, nth) => (nth % 2 ? 'accept' : 'resubmit-then-accept'));
  const funnels = await Promise.all(
    scenarios.map((scenario) => world.start(scenario, { custom: { scenario } })),
  );
  const took = new Set<string>();
  for (const [nth, funnel] of funnels.entries()) {
    const status = await until(funnel, ({ stage }) => stage === 'verified');
    const resubmitted = scenarios[nth] === 'resubmit-then-accept';
    expect(verdictsOf(status)).toEqual([
      'passive_check 1 accept',
      ...(resubmitted ? ['document_verification 1 resubmit'] : []),
      `document_verification ${resubmitted ? 2 : 1} accept`,
    ]);
    const ids = createdFor(world, funnel.applicationId).map(({ id }) => id);
    expect(ids).toEqual(status.verdicts.map(({ evaluationId }) => evaluationId));
    expect(smsFor(world, funnel.applicationId)).toHaveLength(resubmitted ? 2 : 1);
    const { events } = await world.temporal.workflow
      .getHandle(`funnel-${funnel.applicationId}`)
      .fetchHistory();
    for (const event of events ?? []) {
      const { identity } = event.activityTaskStartedEventAttributes ?? {};
      if (identity) took.add(identity);
    }
  }
  expect(took.size).toBe(2);
});
