import { expect, test } from 'vitest';
import { planOf } from '../hazards/plan.ts';

test('the same seed plans the same faults and the same kills', () => {
  expect(planOf(7)).toEqual(planOf(7));
  expect(planOf(7)).not.toEqual(planOf(8));
});
