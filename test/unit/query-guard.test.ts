import { expect, test } from 'vitest';
import { interceptors } from '../../workflows/query-guard.ts';

type Job = { fireTimer: { seq: number } } | { queryWorkflow: { queryId: string } };

const timer = { fireTimer: { seq: 1 } };
const query = { queryWorkflow: { queryId: 'status' } };

/** A workflow as the worker activates it: with jobs, at a time, when its history has so many events. */
function workflow() {
  const [guard] = interceptors().internals ?? [];
  return (historyLength: number, seconds: number, job: Job) => {
    let activated = false;
    guard?.activate?.(
      {
        batchIndex: 0,
        activation: { historyLength, timestamp: { seconds, nanos: 5 }, jobs: [job] },
      },
      () => {
        activated = true;
      },
    );
    return activated;
  };
}

test('a workflow task is carried out, and queries after it are answered', () => {
  const activate = workflow();
  expect(activate(3, 100, timer)).toBe(true);
  expect(activate(10, 101, timer)).toBe(true);
  expect(activate(13, 101, query)).toBe(true);
  expect(activate(16, 102, timer)).toBe(true);
  expect(activate(16, 102, timer)).toBe(true);
});

test('events that come with a query, before the task whose events they are, are refused', () => {
  const activate = workflow();
  activate(10, 101, timer);
  expect(() => activate(15, 101, timer)).toThrow(/about to move; ask again/);
});
