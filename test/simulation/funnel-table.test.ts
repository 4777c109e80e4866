import { describe, expect, test } from 'vitest';
import { afterEnding, afterReviewBy, byHand } from '../workflow/funnel-table/by-hand.ts';
import { expectedColumn, observedColumn } from '../workflow/funnel-table/play.ts';
import {
  type EvaluatedStage,
  evaluatedStages,
  isWait,
  type State,
  states,
} from '../workflow/funnel-table/states.ts';
import { afterReview, afterVerdict, choices, endings } from '../workflow/funnel-table/verdicts.ts';

/** What is sent to a closed one, Temporal and the client refuse: test/workflow/funnel-table.test.ts. */
const columns = states
  .filter((state) => state !== 'closed')
  .flatMap((state): [EvaluatedStage, State][] =>
    isWait(state) ? evaluatedStages.map((stage) => [stage, state]) : [['document_verification', state]],
  );

describe('what docs/funnel.md says of every message', () => {
  test.each(columns)('at %s, %s', async (stage, state) => {
    expect(await observedColumn(byHand, state, stage)).toEqual(expectedColumn(state, stage));
  });
});

describe('what docs/funnel.md says follows', () => {
  test.each(endings)('a verdict: %s', (ending) => {
    const words = evaluatedStages.map((stage) => [stage, afterEnding(stage, ending, {})]);
    expect(Object.fromEntries(words)).toEqual(afterVerdict[ending]);
  });

  test.each(['accept', 'reject', 'resubmit'] as const)('a review: %s', (verdict) => {
    const words = evaluatedStages.map((stage) => [stage, afterReviewBy(stage, verdict)]);
    expect(Object.fromEntries(words)).toEqual(afterReview[verdict]);
  });

  test.each(choices)('$ending with $field: $value', ({ stage, ending, policy, leadsTo }) => {
    expect(afterEnding(stage, ending, policy)).toBe(leadsTo);
  });
});
