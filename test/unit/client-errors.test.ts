import {
  Client,
  Connection,
  ServiceError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { expect, test } from 'vitest';
import { exitCodeOf, oneLine } from '../../src/cli/errors.ts';
import { explain, isNotFound } from '../../src/client/errors.ts';

const names: Partial<Record<number, string>> = {
  7: 'PERMISSION_DENIED',
  13: 'INTERNAL',
  16: 'UNAUTHENTICATED',
};
const grpcError = (code: number, details: string) =>
  Object.assign(new Error(`${code} ${names[code] ?? 'OTHER'}: ${details}`), { code, details, metadata: {} });
const client = new Client({ connection: Connection.lazy({ address: '127.0.0.1:1' }) });

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

test.each([
  [
    16,
    'Jwt is expired',
    'UNAUTHENTICATED: Jwt is expired; check TEMPORAL_API_KEY and the role that its owner has in the namespace',
  ],
  [
    7,
    'Request unauthorized.',
    'PERMISSION_DENIED: Request unauthorized; check TEMPORAL_API_KEY and the role that its owner has in the namespace',
  ],
  [13, 'shard is closed\n  at server.go:1', 'INTERNAL: shard is closed'],
])('the reason %i that the SDK hides behind its own words is in the message', (code, details, expected) => {
  const hidden = new ServiceError('Failed to start Workflow', { cause: grpcError(code, details) });
  const error = explain(hidden, 'app-1', client);
  expect(error).toMatchObject({ type: 'TemporalRefused', cause: hidden });
  expect(oneLine(error)).toBe(`app-1: Temporal refused the call: ${expected}`);
  expect(exitCodeOf(error)).toBe(1);
});

test('a namespace that is missing stays a wrong setting', () => {
  const error = explain(grpcError(5, 'Namespace nowhere is not found.'), 'app-1', client);
  expect(oneLine(error)).toMatch(/^TEMPORAL_NAMESPACE: /);
  expect(exitCodeOf(error)).toBe(2);
});

test.each([
  ['as it is', grpcError(14, 'No connection established')],
  ['behind the words of the SDK', new ServiceError('Failed', { cause: grpcError(4, 'Deadline exceeded') })],
])('Temporal out of reach ends every verb with 5: an error %s', (_what, error) => {
  expect(exitCodeOf(error)).toBe(5);
  expect(oneLine(error)).toMatch(/^Temporal is out of reach at .*; is TEMPORAL_ADDRESS right\?$/);
});

test('an update without an answer does not claim that Temporal took it', () => {
  const error = explain(new WorkflowUpdateRPCTimeoutOrCancelledError('Deadline exceeded'), 'app-1', client);
  expect(oneLine(error)).toBe(
    'app-1: neither Temporal at 127.0.0.1:1 nor a worker answered in time; the request may still be carried out, so look at "status" before you repeat it',
  );
  expect(exitCodeOf(error)).toBe(5);
});
