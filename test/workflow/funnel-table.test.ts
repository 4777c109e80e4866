import { afterAll, beforeAll, describe, test } from 'vitest';
import { createWorld, type World } from '../support/world.ts';
import { expectedColumn, observedColumn } from './funnel-table/play.ts';
import { scenarios } from './funnel-table/plays.ts';
import { reviewed } from './funnel-table/review.ts';
import { afterEnding, endingScenarios } from './funnel-table/settle.ts';
import { type EvaluatedStage, evaluatedStages, isWait, type State, states } from './funnel-table/states.ts';
import { afterReview, afterVerdict, choices, endings } from './funnel-table/verdicts.ts';

let world: World;
beforeAll(async () => {
  // Without a relay: no event comes but those of the table.
  world = await createWorld({
    scenarios: { ...scenarios, ...endingScenarios },
    acceptForeignBaselines: true,
  });
  await world.startWorker();
});
afterAll(() => world.close());

const columns = states.flatMap((state): [EvaluatedStage, State][] =>
  isWait(state) ? evaluatedStages.map((stage) => [stage, state]) : [['document_verification', state]],
);

describe.concurrent('what docs/funnel.md says comes of every message', () => {
  test.for(columns)('at %s, %s', async ([stage, state], { expect }) => {
    expect(await observedColumn(world, state, stage)).toEqual(expectedColumn(state, stage));
  });
});

describe.concurrent('what docs/funnel.md says follows', () => {
  test.for(endings)('a verdict: %s', async (ending, { expect }) => {
    const words = evaluatedStages.map(async (stage) => [stage, await afterEnding(world, stage, ending, {})]);
    expect(Object.fromEntries(await Promise.all(words))).toEqual(afterVerdict[ending]);
  });

  test.for(['accept', 'reject', 'resubmit'] as const)('a review: %s', async (verdict, { expect }) => {
    const words = evaluatedStages.map(async (stage) => [stage, await reviewed(world, stage, verdict)]);
    expect(Object.fromEntries(await Promise.all(words))).toEqual(afterReview[verdict]);
  });

  test.for(choices)('$ending with $field: $value', async ({ stage, ending, policy, leadsTo }, { expect }) => {
    expect(await afterEnding(world, stage, ending, policy)).toBe(leadsTo);
  });
});
