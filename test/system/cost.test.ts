import { expect, inject, test } from 'vitest';
import { acceptAndTell, acceptWithNotes } from '../../bench/cost/accept.ts';
import { exceeded, readBudgets } from '../../bench/cost/budget.ts';
import { journeys } from '../../bench/cost/journeys.ts';

/** `test/bench/cost.test.ts` has the others; `npm run bench:cost` prints them all. */
test.each([...journeys, acceptWithNotes, acceptAndTell])(
  'what journey %# costs stays within bench/budget.json',
  async (journey) => {
    const rows = await journey(inject('temporalAddress'));
    expect(rows).not.toEqual([]);
    expect(exceeded(rows, await readBudgets())).toEqual([]);
  },
);
