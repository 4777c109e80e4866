import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { policy } from '../../src/contract/index.ts';
import {
  deadlineFrom,
  needsDeadlineTimer,
  pollInterval,
  waitAfterFailedReadings,
  waitAfterRefusedPosts,
  waitAfterUnclearPosts,
} from '../../workflows/evaluation/schedule.ts';
import { property } from '../support/property.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;
const usual = policy.parse({}).reconciliation;

describe('readings without events', () => {
  it('come after 30 s, 2, 10, 30 min, 1, 2, 4, 8 h, then every 12 h', () => {
    const intervals = Array.from({ length: 12 }, (_, reads) => pollInterval(usual, reads));
    expect(intervals).toEqual([
      30_000,
      2 * minute,
      10 * minute,
      30 * minute,
      hour,
      2 * hour,
      4 * hour,
      8 * hour,
      12 * hour,
      12 * hour,
      12 * hour,
      12 * hour,
    ]);
    expect(pollInterval(usual, 10_000)).toBe(12 * hour);
  });

  it('are never further apart than the policy allows', () => {
    const short = { first: '10s', longest: '1 minute' };
    const intervals = Array.from({ length: 5 }, (_, reads) => pollInterval(short, reads));
    expect(intervals).toEqual([10_000, 40_000, minute, minute, minute]);
    expect(pollInterval({ first: '1 hour', longest: '1 hour' }, 0)).toBe(hour);
  });

  property([fc.integer({ min: 1, max: 100_000 }), fc.integer({ min: 0, max: 1_000_000 }), fc.nat(40)])(
    'begin with the first interval, and get no shorter',
    (first, more, reads) => {
      const rule = { first: `${first}ms`, longest: `${first + more}ms` };
      expect(pollInterval(rule, 0)).toBe(first);
      expect(pollInterval(rule, reads + 1)).toBeGreaterThanOrEqual(pollInterval(rule, reads));
      expect(pollInterval(rule, reads)).toBeLessThanOrEqual(first + more);
    },
  );
});

describe('a deadline is near', () => {
  /** The reminder comes when a quarter is left, so at 75 % of the deadline. */
  const rule = { deadline: '200s' };
  const every = (seconds: number) => ({ first: `${seconds}s`, longest: `${seconds}s` });

  it('when the next readings reach its reminder, to the millisecond', () => {
    // Readings at 50, 100, 150 s; the reminder is at 150 s.
    expect(needsDeadlineTimer(every(50), rule, 0)).toBe(false);
    expect(needsDeadlineTimer(every(50), rule, 1)).toBe(false);
    expect(needsDeadlineTimer(every(50), rule, 2)).toBe(true);
    expect(needsDeadlineTimer({ first: '74999ms', longest: '74999ms' }, rule, 1)).toBe(false);
    expect(needsDeadlineTimer({ first: '75000ms', longest: '75000ms' }, rule, 1)).toBe(true);
  });

  it('when they reach the reminder that the policy sets, or the deadline if it sets none', () => {
    expect(needsDeadlineTimer(every(50), { ...rule, reminder: '100s' }, 0)).toBe(false);
    expect(needsDeadlineTimer(every(50), { ...rule, reminder: '100s' }, 1)).toBe(true);
    expect(needsDeadlineTimer(every(50), { ...rule, reminder: null }, 2)).toBe(false);
    expect(needsDeadlineTimer(every(50), { ...rule, reminder: null }, 3)).toBe(true);
  });

  it('or the attempt takes long, whatever the intervals say', () => {
    expect(needsDeadlineTimer(every(50), { deadline: '7 days' }, 4)).toBe(false);
    expect(needsDeadlineTimer(every(50), { deadline: '7 days' }, 5)).toBe(true);
  });

  it('counts the intervals of the ladder', () => {
    // 30 s + 2 min + 10 min + 30 min = 42.5 min, + 1 h = 102.5 min.
    expect(needsDeadlineTimer(usual, { deadline: '43 minutes', reminder: null }, 3)).toBe(false);
    expect(needsDeadlineTimer(usual, { deadline: '42 minutes', reminder: null }, 3)).toBe(true);
    expect(needsDeadlineTimer(usual, { deadline: '102 minutes', reminder: null }, 4)).toBe(true);
  });
});

describe('a deadline', () => {
  const start = Date.UTC(2030, 0, 1);

  it('comes with a reminder when a quarter of the time is left', () => {
    expect(deadlineFrom(start, { deadline: '8 days' })).toEqual({
      at: start + 8 * day,
      reminderAt: start + 6 * day,
    });
  });

  it('comes with the reminder that the policy sets, or with none', () => {
    expect(deadlineFrom(start, { deadline: '8 days', reminder: '1 day' })).toEqual({
      at: start + 8 * day,
      reminderAt: start + 7 * day,
    });
    expect(deadlineFrom(start, { deadline: '8 days', reminder: null })).toEqual({
      at: start + 8 * day,
      reminderAt: null,
    });
  });

  property([
    fc.nat(2_000_000_000),
    fc.integer({ min: 2, max: 100_000 }),
    fc.integer({ min: 1, max: 100_000 }),
  ])('has its reminder before it, and after its start', (from, length, before) => {
    fc.pre(before < length);
    const set = deadlineFrom(from, { deadline: `${length}ms`, reminder: `${before}ms` });
    expect(set).toEqual({ at: from + length, reminderAt: from + length - before });
    expect(deadlineFrom(from, { deadline: `${length}ms` }).reminderAt).toBe(from + length * 0.75);
  });
});

describe('the wait before', () => {
  const set = policy.parse({ ambiguousWait: '20s', reconciliation: { first: '10s', longest: '30 minutes' } });

  it.each([
    [1, 1000],
    [2, 2000],
    [3, 4000],
    [9, 256_000],
    [10, 5 * minute],
    [11, 5 * minute],
    [1_000_000, 5 * minute],
  ])('a POST after %d that RiskOS did not process is %d ms', (count, expected) => {
    expect(waitAfterRefusedPosts(count)).toBe(expected);
  });

  it.each([
    [1, 20_000],
    [2, 40_000],
    [8, 2560_000],
    [9, hour],
    [1_000_000, hour],
  ])('a POST after %d that RiskOS perhaps processed is %d ms', (count, expected) => {
    expect(waitAfterUnclearPosts(set, count)).toBe(expected);
  });

  it.each([
    [1, 20_000],
    [2, 40_000],
    [7, 1280_000],
    [8, 30 * minute],
    [1_000_000, 30 * minute],
  ])('a reading after %d that failed is %d ms', (count, expected) => {
    expect(waitAfterFailedReadings(set, count)).toBe(expected);
  });

  it('a reading stays a number that a timer can have, however often it failed', () => {
    const longest = policy.parse({
      ambiguousWait: '1ms',
      reconciliation: { first: '1ms', longest: '10 years' },
    });
    expect([20, 21, 22, 1_000_000].map((count) => waitAfterFailedReadings(longest, count))).toEqual([
      2 ** 19,
      2 ** 20,
      2 ** 20,
      2 ** 20,
    ]);
  });

  property([
    fc.integer({ min: 1, max: 100_000 }),
    fc.integer({ min: 100_000, max: 10_000_000 }),
    fc.integer({ min: 1, max: 5000 }),
  ])('a reading doubles until it is as long as it may be', (first, longest, count) => {
    const bounded = policy.parse({
      ambiguousWait: `${first}ms`,
      reconciliation: { first: '1ms', longest: `${longest}ms` },
    });
    const wait = waitAfterFailedReadings(bounded, count);
    expect(wait).toBe(Math.min(first * 2 ** Math.min(count - 1, 20), longest));
  });
});
