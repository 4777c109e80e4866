import { expect, test } from 'vitest';
import { createGuard } from '../../workflows/query-guard.ts';

const events = (length: number, time: string) => ({ length, time, onlyQueries: false });
const query = (length: number, time: string) => ({ length, time, onlyQueries: true });

test('a workflow task is carried out, and queries after it are answered', () => {
  const comesTooEarly = createGuard();
  const inOrder = [
    events(3, '100.5'),
    events(10, '101.5'),
    query(13, '101.5'),
    events(16, '102.5'),
    // What an answer within the same task brings.
    events(16, '102.5'),
    query(16, '102.5'),
  ];
  expect(inOrder.map(comesTooEarly)).toEqual([false, false, false, false, false, false]);
});

test('events that come with a query, before the task whose events they are, are refused', () => {
  const comesTooEarly = createGuard();
  comesTooEarly(events(10, '101.5'));
  expect(comesTooEarly(events(15, '101.5'))).toBe(true);
});
