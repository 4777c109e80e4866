import { expect, test } from 'vitest';
import { findTemporal } from '../../src/dev-server/index.ts';
import { planOf } from './plan.ts';
import { failureLines } from './report.ts';
import { runSeed } from './run-seed.ts';
import { hazardScenarios } from './scenarios.ts';
import { devServerFor } from './stage.ts';

const few = ['accept', 'resubmit-then-accept', 'passive-review-step-up', 'review-then-accept', 'withdrawn'];

test('real processes killed by a seed: every funnel ends as if nothing had happened', async () => {
  const binary = await findTemporal({ env: process.env, onProgress: () => {} });
  const scenarios = hazardScenarios.filter(({ name }) => few.includes(name));
  const result = await runSeed(planOf(4, { scenarios, duration: 4000 }), await devServerFor(binary));
  expect(result.failures.flatMap((failure) => failureLines(result.seed, failure)).join('\n')).toBe('');
  expect(result.undeclared).toEqual([]);
  expect(Object.values(result.kills).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(1);
}, 120_000);

test('the same seed plans the same faults and the same kills', () => {
  expect(planOf(7)).toEqual(planOf(7));
  expect(planOf(7)).not.toEqual(planOf(8));
});
