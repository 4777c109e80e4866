import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  application,
  describeIssues,
  duration,
  milliseconds,
  policy,
  verdictOf,
} from '../../src/contract/index.ts';
import { exampleApplication } from '../support/application.ts';
import { property } from '../support/property.ts';

const refusal = (input: unknown): string => {
  const parsed = application.safeParse(input);
  return parsed.success ? 'accepted' : describeIssues(parsed.error);
};

describe('an application', () => {
  test('is completed with every default', () => {
    const parsed = application.parse(exampleApplication('app-1'));
    expect(parsed.useCase).toBe('passive');
    expect(parsed.policy).toEqual(policy.parse({}));
    expect(parsed.policy.documents).toMatchObject({
      start: 'on_request',
      maxAttempts: 3,
      deadline: '7 days',
    });
    expect(parsed.policy.passive).toMatchObject({ onReview: 'document_verification', onReject: 'close' });
  });

  test('reads back what it wrote: a second parse changes nothing', () => {
    const once = application.parse(exampleApplication('app-1'));
    expect(application.parse(JSON.parse(JSON.stringify(once)))).toEqual(once);
  });

  const { candidate } = exampleApplication('app-1');
  test.each<[string, unknown, RegExp]>([
    ['no candidate', { applicationId: 'app-1' }, /^candidate: /],
    ['an id with PII characters', exampleApplication('jane@example.com'), /^applicationId: must be 1 to 64/],
    [
      'a phone number that is not E.164',
      { ...exampleApplication('a'), candidate: { ...candidate, phoneNumber: '415 555' } },
      /^candidate\.phoneNumber: must be E\.164/,
    ],
    [
      'an address without a country',
      { ...exampleApplication('a'), candidate: { ...candidate, address: {} } },
      /^candidate\.address\.country: /,
    ],
    [
      'no address, which the passive check needs',
      { ...exampleApplication('a'), candidate: { ...candidate, address: undefined } },
      /^candidate\.address: is required for the use case passive/,
    ],
    [
      'a contractor without a national id',
      { ...exampleApplication('a'), useCase: 'contractor_onboarding' },
      /candidate\.nationalId: is required for the use case contractor_onboarding/,
    ],
    ['an unknown field', { ...exampleApplication('a'), polcy: {} }, /^polcy: is not a known field$/],
    [
      'zero attempts',
      { ...exampleApplication('a'), policy: { documents: { maxAttempts: 0 } } },
      /^policy\.documents\.maxAttempts: /,
    ],
    [
      'a deadline that is no duration',
      { ...exampleApplication('a'), policy: { documents: { deadline: 'soon' } } },
      /^policy\.documents\.deadline: must be a duration/,
    ],
    [
      'a reconciliation that starts after its longest',
      { ...exampleApplication('a'), policy: { reconciliation: { first: '2 days' } } },
      /^policy\.reconciliation\.first: must not be longer/,
    ],
  ])('is refused with %s, by field', (_what, input, reason) => {
    expect(refusal(input)).toMatch(reason);
  });

  property([fc.string({ minLength: 8 })])('is refused without quoting what was sent', (value) => {
    fc.pre(!'candidate.phoneNumber: must be E.164, such as "+14155550100"'.includes(value));
    const input = { ...exampleApplication('a'), candidate: { ...candidate, phoneNumber: `x${value}` } };
    expect(refusal(input)).not.toContain(value);
  });

  property([fc.anything()])('never makes the parser throw', (input) => {
    expect(() => application.safeParse(input)).not.toThrow();
  });
});

test('one with a baseline needs no data of an evaluation that is done', () => {
  const { candidate } = exampleApplication('app-1');
  const { address: _address, ...rest } = candidate;
  const baseline = { referenceId: 'reference-1' };
  expect(refusal({ applicationId: 'app-1', candidate: rest, baseline })).toBe('accepted');
  expect(refusal({ applicationId: 'app-1', candidate: rest })).toMatch(/^candidate.address: is required/);
});

describe('a duration', () => {
  property([
    fc.integer({ min: 1, max: 300 }),
    fc.constantFrom('s', ' seconds', 'm', ' minutes', ' hours', ' days'),
  ])('is read as Temporal reads it', (count, unit) => {
    const text = `${count}${unit}`;
    expect(duration.safeParse(text).success).toBe(true);
    expect(milliseconds(text)).toBeGreaterThan(0);
  });

  test('has at most 40 characters', () => {
    expect(duration.safeParse(`1${' '.repeat(32)}seconds`).success).toBe(true);
    expect(duration.safeParse(`1${' '.repeat(33)}seconds`).success).toBe(false);
  });

  test.each(['', '-1 day', '0s', 'tomorrow', '1e9 years', '99999 days', 'x'.repeat(200)])(
    'is not %j',
    (text) => {
      expect(duration.safeParse(text).success).toBe(false);
    },
  );
});

describe('a verdict', () => {
  property([fc.string()])('of an unknown word is review, never accept', (word) => {
    fc.pre(!/^\s*(accept|approve|review|reject|decline|resubmit|cancel)\s*$/i.test(word));
    expect(verdictOf(word, {})).toEqual({ verdict: 'review', flags: ['unknown_decision'] });
  });

  test('of no word at all is review', () => {
    expect(verdictOf(undefined, {}).verdict).toBe('review');
  });

  test('follows policy before the built-in words', () => {
    expect(verdictOf('approve', { APPROVE: 'review' })).toEqual({ verdict: 'review', flags: [] });
    expect(verdictOf('PASSED', { PASSED: 'accept' })).toEqual({ verdict: 'accept', flags: [] });
    expect(verdictOf('DECLINE', {})).toEqual({ verdict: 'reject', flags: [] });
  });

  test.each(['constructor', '__proto__', 'toString'])('of %j does not come from the prototype', (word) => {
    expect(verdictOf(word, {}).verdict).toBe('review');
  });
});
