import { expect, test } from 'vitest';
import { bundlePath } from '../../src/worker/bundle-path.ts';
import { openCrossCheck } from './cross-check.ts';
import { openSandbox } from './server/sandbox.ts';
import { simulate } from './simulate.ts';

test('the SDK’s own sandbox gives the same commands', async () => {
  const sandbox = openSandbox(bundlePath);
  const own = await openCrossCheck(bundlePath);
  let activations = 0;
  for (const seed of [3, 11, 18, 24, 26, 50, 64, 86]) {
    const compared = await own.compare(simulate(sandbox, seed).executions);
    expect(compared.different).toEqual([]);
    activations += compared.activations;
  }
  expect(activations).toBeGreaterThan(200);
  await own.close();
});
