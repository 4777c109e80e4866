import { describe, expect, it } from 'vitest';
import {
  candidate,
  comparedWith,
  decisionWord,
  describeIssues,
  milliseconds,
  policy,
  updates,
} from '../../src/contract/index.ts';

const emailOf = (text: string) => candidate.shape.email.safeParse(text);

function saidOf(address: string): string {
  const { error } = emailOf(address);
  return error ? describeIssues(error) : 'nothing';
}

describe('an e-mail address', () => {
  it.each(['', '@', '@example.com', 'robin', 'robin@', 'a@b', 'a@b.1', 'a@b.12'])('is not "%s"', (text) => {
    expect(emailOf(text).success).toBe(false);
  });
  it('that has nothing on one side of the @ is told by the shape alone', () => {
    for (const text of ['@example.com', 'robin@', '@'])
      expect(saidOf(text)).toMatch(/must be an e-mail address such as "name@example\.com"$/);
  });
  it.each(['a@b.c1', 'a@b.1c'])('may be "%s"', (text) => {
    expect(emailOf(text).success).toBe(true);
  });
  it('has at most 254 characters', () => {
    const fits = `a@${['b', 'c', 'd'].map((one) => one.repeat(62)).join('.')}.${'e'.repeat(59)}.com`;
    expect(fits).toHaveLength(254);
    expect(emailOf(fits).success).toBe(true);
    expect(saidOf(fits.replace('.e', '.ee'))).toContain('254');
  });
});

describe('a date of birth', () => {
  it.each([
    ['1900-01-01', true],
    ['1899-12-31', false],
    ['x1990-01-01', false],
    ['1990-01-01x', false],
  ])('%s: %s', (text, good) => {
    expect(candidate.shape.dateOfBirth.safeParse(text).success).toBe(good);
  });
});

describe('a policy', () => {
  const said = (input: unknown) => {
    const { error } = policy.safeParse(input);
    return error ? describeIssues(error) : 'nothing';
  };
  it.each(['documents', 'review', 'reverification'])('has its reminder of %s before the deadline', (name) => {
    const of = (reminder: string) => said({ [name]: { deadline: '2 days', reminder } });
    expect(of('1 day')).toBe('nothing');
    expect(of('2 days')).toBe(`${name}.reminder: must be shorter than ${name}.deadline`);
    expect(of('3 days')).toBe(`${name}.reminder: must be shorter than ${name}.deadline`);
  });
  it.each([
    ['passport', ['Passport'], true],
    ['passport', ['Drivers License'], false],
    ['license', ['Identification Card'], true],
    ['license', ['Drivers License', 'Visa'], true],
    ['license', ['Passport'], false],
  ])('asks for a %s where %j are accepted: %s', (documentType, types, good) => {
    expect(said({ documents: { documentType, accepted: { types } } }) === 'nothing').toBe(good);
  });
  it('may read for the first time as late as it ever does', () => {
    expect(said({ reconciliation: { first: '1 hour', longest: '1 hour' } })).toBe('nothing');
  });
});

it('a decision word of more than 1000 characters is none, white space included', () => {
  expect(decisionWord(`${' '.repeat(994)}ACCEPT`)).toBe('ACCEPT');
  expect(decisionWord(`${' '.repeat(995)}ACCEPT`)).toBeUndefined();
});

it('what is no duration is refused', () => {
  expect(() => milliseconds('soon')).toThrow('not a duration');
});

it('a correction has at least one field that is given', () => {
  const corrected = (fields: object) => updates.correct.schema.safeParse({ candidate: fields }).success;
  expect(corrected({})).toBe(false);
  expect(corrected({ nationalId: undefined })).toBe(false);
  expect(corrected({ nationalId: '123456789', ipAddress: undefined })).toBe(true);
});

it.each([
  ['1234', true],
  ['1234567890', true],
  ['123', false],
  ['12345678901', false],
  ['x1234', false],
  ['1234x', false],
  ['abcd', false],
])('a one-time code may be %s: %s', (code, good) => {
  expect(updates.submitOneTimeCode.schema.safeParse({ code }).success).toBe(good);
});

it('a selfie is compared with the reference that RiskOS names, and unknown without one', () => {
  const baseline = { referenceId: 'one' };
  expect(comparedWith(baseline, { previousReferenceId: 'one' })).toBe('same');
  expect(comparedWith(baseline, { previousReferenceId: 'other' })).toBe('different');
  expect(comparedWith(baseline, {})).toBe('unknown');
});

it('a duration is one of at most ten years', () => {
  const of = (lag: string) => policy.safeParse({ images: { giveUpAfter: lag } }).success;
  expect(of('3652.5 days')).toBe(true);
  expect(of('3653 days')).toBe(false);
  expect(of('soon')).toBe(false);
});
