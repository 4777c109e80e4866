import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decisionWord, describeIssues, policy, verdictOf } from '../../src/contract/index.ts';
import { property } from '../support/property.ts';

describe('a decision word', () => {
  it.each([
    ['ACCEPT', 'ACCEPT'],
    [' needs \t info\n', 'NEEDS INFO'],
    ['tier-2_check', 'TIER-2_CHECK'],
    ['geprüft', 'GEPRÜFT'],
    ['gepru\u0308ft', 'GEPRÜFT'],
    ['A'.repeat(40), 'A'.repeat(40)],
    ['A'.repeat(41), undefined],
    [' '.repeat(2_000_000), undefined],
    ['', undefined],
    [' ', undefined],
    ['ACCEPT; DROP', undefined],
    ['robin@example.com', undefined],
    ['\u202eTPECCA', undefined],
  ])('%j is %j', (text, word) => {
    expect(decisionWord(text)).toBe(word);
  });

  property([fc.string({ unit: 'grapheme' })])('is written one way only', (text) => {
    const word = decisionWord(text);
    expect(word === undefined ? undefined : decisionWord(word)).toBe(word);
    expect(decisionWord(`  ${text}\t`)).toBe(word);
  });
});

describe('policy.verdicts', () => {
  const refused = (verdicts: unknown): string => {
    const parsed = policy.safeParse({ verdicts });
    return parsed.success ? 'taken' : describeIssues(parsed.error);
  };

  it('maps a word in whatever case and spacing it is written', () => {
    const { verdicts } = policy.parse({ verdicts: { 'needs  info': 'resubmit' } });
    expect(verdicts).toEqual({ 'NEEDS INFO': 'resubmit' });
    for (const word of ['NEEDS INFO', 'Needs Info', ' needs info ']) {
      expect(verdictOf(word, verdicts)).toEqual({ verdict: 'resubmit', flags: [] });
    }
  });

  it('refuses what contradicts itself, what is no word, and a mapping of the unreadable', () => {
    expect(refused({ 'needs info': 'review', 'NEEDS INFO': 'accept' })).toBe(
      'verdicts."NEEDS INFO": is there twice, as review and as accept',
    );
    expect(refused({ 'needs info': 'review', 'NEEDS INFO': 'review' })).toBe('taken');
    expect(refused({ 'a;b': 'review' })).toContain('verdicts."a;b": must be a decision word');
    expect(refused({ unknown: 'accept' })).toContain('verdicts.unknown: stands for a decision that nobody');
    expect(
      refused(Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`W${index}`, 'review']))),
    ).toBe('taken');
    expect(
      refused(Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`W${index}`, 'review']))),
    ).toBe('verdicts: must have at most 50 words');
    expect(refused({ ACCEPTED: 'fine' })).toContain('verdicts.ACCEPTED: must be one of');
  });
});
