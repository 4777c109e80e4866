import { expect, test } from 'vitest';
import { findTemporal } from '../../src/dev-server/index.ts';
import { planOf } from '../hazards/plan.ts';
import { failureLines } from '../hazards/report.ts';
import { runSeed } from '../hazards/run-seed.ts';
import { hazardScenarios } from '../hazards/scenarios.ts';
import { devServerFor } from '../hazards/stage.ts';

const few = ['accept', 'resubmit-then-accept', 'passive-review-step-up', 'review-then-accept', 'withdrawn'];

test('real processes killed by a seed: every funnel ends as if nothing had happened', async () => {
  const binary = await findTemporal({ env: process.env, onProgress: () => {} });
  const scenarios = hazardScenarios.filter(({ name }) => few.includes(name));
  const result = await runSeed(planOf(4, { scenarios, duration: 4000 }), await devServerFor(binary));
  expect(result.failures.flatMap((failure) => failureLines(result.seed, failure)).join('\n')).toBe('');
  expect(result.undeclared).toEqual([]);
  expect(Object.values(result.kills).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(1);
}, 120_000);
