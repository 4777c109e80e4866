import { expect, test } from 'vitest';
import { activityBounds, milliseconds } from '../../src/contract/index.ts';
import { shutdownTimes } from '../../src/worker/index.ts';

test('a worker that stops waits longer than any call of RiskOS, of HR or of the key store may take', () => {
  for (const bound of Object.values(activityBounds))
    expect(shutdownTimes.grace).toBeGreaterThan(milliseconds(bound));
  expect(shutdownTimes.force).toBeGreaterThan(shutdownTimes.grace);
});
