import * as fc from 'fast-check';
import { describe, expect } from 'vitest';
import { milliseconds, policy, verdicts } from '../../src/contract/index.ts';
import { property } from '../support/property.ts';

const duration = fc
  .tuple(
    fc.integer({ min: 1, max: 500 }),
    fc.constantFrom('ms', 's', ' seconds', ' minutes', 'h', ' hours', 'd', ' days'),
  )
  .map(([count, unit]) => `${count}${unit}`);
const anHour = duration.filter((text) => milliseconds(text) <= 3_600_000);
const some = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined });
const step = fc.constantFrom('document_verification', 'review', 'close');

const valid = fc.record({
  passive: some(fc.record({ onReview: some(step), onReject: some(step), onResubmit: some(step) })),
  documents: some(
    fc.record({
      start: some(fc.constantFrom('on_request', 'immediately')),
      maxAttempts: some(fc.integer({ min: 1, max: 10 })),
      maxTechnicalRetries: some(fc.integer({ min: 0, max: 10 })),
      deadline: some(duration),
      onDeadline: some(fc.constantFrom('close', 'next_attempt')),
      onRisk: some(fc.constantFrom('review', 'close', 'next_attempt')),
      sendMessage: some(fc.boolean()),
    }),
  ),
  review: some(fc.record({ deadline: some(duration) })),
  reverification: some(fc.record({ every: some(fc.option(duration)), deadline: some(duration) })),
  images: some(fc.record({ keepFor: some(duration), lag: some(anHour) })),
  verdicts: some(fc.dictionary(fc.stringMatching(/^[A-Z_]{1,40}$/), fc.constantFrom(...verdicts))),
  ambiguousWait: some(duration),
});

describe('a policy', () => {
  property([valid])('keeps what is set, fills in the rest, and reads back what it wrote', (input) => {
    const parsed = policy.parse(input);
    expect(parsed).toMatchObject(JSON.parse(JSON.stringify(input)));
    expect(policy.parse(JSON.parse(JSON.stringify(parsed)))).toEqual(parsed);
  });

  property([valid, fc.string(), fc.anything()])(
    'refuses a field that it does not know',
    (input, name, value) => {
      fc.pre(!(name in policy.parse({})) && name !== '__proto__');
      expect(policy.safeParse({ ...input, [name]: value }).success).toBe(false);
    },
  );

  property([duration, duration])(
    'refuses a first reading that is later than the longest wait',
    (first, longest) => {
      const { success } = policy.safeParse({ reconciliation: { first, longest } });
      expect(success).toBe(milliseconds(first) <= milliseconds(longest));
    },
  );

  property([duration])('refuses images that lag for more than an hour', (lag) => {
    expect(policy.safeParse({ images: { lag } }).success).toBe(milliseconds(lag) <= 3_600_000);
  });

  property([fc.anything()])('never throws', (input) => {
    expect(() => policy.safeParse(input)).not.toThrow();
  });
});
