import { describe, expect, inject, test } from 'vitest';
import { accept } from '../../bench/cost/accept.ts';
import { exceeded, readBudgets } from '../../bench/cost/budget.ts';
import { capture, laterDays } from '../../bench/cost/capture.ts';
import { progressNote } from '../../bench/cost/note.ts';
import { verifiedAtRest, verifiedWithTimer } from '../../bench/cost/verified.ts';

/** 10 ms stand for 30 s, and the first day's last reading comes after 19 s; `npm run bench:cost` takes a larger scale. */
const firstDay = (address: string) => capture(address, { first: 10, days: 1, mayMerge: true });

describe('what a funnel costs stays within bench/budget.json', () => {
  test.concurrent.each([
    ['from the start to verified, with one webhook', accept],
    ['the first day of a capture without news', firstDay],
    ['each later day of it', laterDays],
    ['verified, while nobody asks for anything', verifiedAtRest],
    ['verified, until a periodic reverification', verifiedWithTimer],
    ['a progress note', progressNote],
  ])('%s', async (_name, scenario) => {
    const rows = await scenario(inject('temporalAddress'));
    expect(rows).not.toEqual([]);
    expect(exceeded(rows, await readBudgets())).toEqual([]);
  });

  test('a budget that is exceeded is named with its scenario, measure, limit and value', () => {
    const rows = [{ name: 'accept', costs: { events: 51, bytes: 30_000 } }];
    const limits = { accept: { events: 50, bytes: 30_000, get: 1 } };
    expect(exceeded(rows, limits)).toEqual([
      'accept: events 51, the budget is 50',
      'accept: get was not measured, its budget is 1',
    ]);
    expect(exceeded(rows, {})).toEqual(['accept: there is no budget of events']);
  });
});
