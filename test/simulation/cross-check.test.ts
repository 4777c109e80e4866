import { expect, test } from 'vitest';
import { bundlePath } from '../../src/worker/bundle-path.ts';
import { openCrossCheck } from './cross-check.ts';
import { sandbox } from './shared-sandbox.ts';
import { simulate } from './simulate.ts';

test('the SDK’s own sandbox gives the same commands, with all lives in one thread', async () => {
  const own = await openCrossCheck(bundlePath);
  const seeds = [3, 11, 18, 24, 26, 50, 64, 86];
  const executions = seeds.flatMap((seed) => simulate(sandbox, seed).executions);
  const { activations, different } = await own.compare(executions);
  expect(different).toEqual([]);
  expect(activations).toBeGreaterThan(200);
  await own.close();
});
