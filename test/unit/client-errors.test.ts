import { expect, test } from 'vitest';
import { isNotFound } from '../../src/client/errors.ts';

const grpcError = (code: number, details: string) =>
  Object.assign(new Error(details), { code, details, metadata: {} });

test.each([
  ['a workflow that Temporal never had', 5, 'workflow not found for ID: funnel-app-1', true],
  [
    'one that Temporal is deleting, whose history went first',
    3,
    'Requested workflow history not found, may have passed retention period.',
    true,
  ],
  ['an argument that is wrong', 3, 'Invalid RunId.', false],
  ['a namespace that is missing', 5, 'Namespace default is not found.', false],
  ['Temporal out of reach', 14, 'No connection established', false],
])('%s is found or not', (_what, code, details, expected) => {
  expect(isNotFound(grpcError(code, details))).toBe(expected);
});
