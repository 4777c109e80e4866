import { expect, test } from 'vitest';
import { sandbox } from './shared-sandbox.ts';
import { simulate } from './simulate.ts';

/** The first ones of `npm run simulate`; test/system/simulation.test.ts goes on with the next 3,000. */
const seeds = Array.from({ length: 500 }, (_, index) => index + 1);

test('five hundred lives end as their plans say', () => {
  const ends = new Set<string>();
  const wrong = seeds.flatMap((seed) => {
    const life = simulate(sandbox, seed);
    ends.add(life.end.split(' ').slice(0, 2).join(' ').trim());
    return life.wrong.slice(0, 1).map((reason) => `npm run simulate -- --seed ${seed} --trace: ${reason}`);
  });
  expect(wrong).toEqual([]);
  // They reach every end there is.
  expect([...ends].toSorted()).toEqual([
    'awaiting_document_request',
    'closed attempts_exhausted',
    'closed cancelled',
    'closed completed',
    'closed expired',
    'closed rejected',
    'closed withdrawn',
    'verified',
  ]);
}, 900_000);

test('the same seed is the same life', () => {
  const one = simulate(sandbox, 11);
  const other = simulate(sandbox, 11);
  expect([one.end, one.tasks, one.posts]).toEqual([other.end, other.tasks, other.posts]);
});
