import { expect, test } from 'vitest';
import { defaultTaskQueue, imagesTaskQueue, riskosTaskQueue } from '../../src/contract/index.ts';

test('RiskOS calls and images have queues of their own, named after the funnels’', () => {
  expect([defaultTaskQueue, riskosTaskQueue('hr'), imagesTaskQueue('hr')]).toEqual([
    'candidate-funnel',
    'hr-riskos',
    'hr-images',
  ]);
});
