import { describe, expect, it } from 'vitest';
import {
  actionFor,
  application,
  type ApplicationInput,
  imagesFailures,
  imagesWorkflowIdOf,
  inWords,
  keptFor,
  milliseconds,
  parseRetryAfter,
  stages,
  updateNames,
  updates,
  updatesPossibleIn,
  workflowIdOf,
} from '../../src/contract/index.ts';
import { exampleApplication } from '../support/application.ts';

describe('updates', () => {
  it.each(stages)('possible at %s are those that name it', (stage) => {
    const named = updateNames.filter((name) => new Set<string>(updates[name].stages).has(stage));
    expect(updatesPossibleIn(stage)).toEqual(named);
  });
  it('are possible nowhere after the end', () => {
    expect(updatesPossibleIn('closed')).not.toContain('correct');
    expect(updatesPossibleIn('verified')).toContain('complete');
    expect(updatesPossibleIn('verified')).not.toContain('requestDocuments');
  });
});

describe('words and ids', () => {
  it('are made of their parts', () => {
    expect(workflowIdOf('app-1')).toBe('funnel-app-1');
    expect(imagesWorkflowIdOf('app-1~x')).toBe('images-app-1~x');
    expect(inWords('digital_intelligence_step')).toBe('digital intelligence step');
  });
});

describe('images', () => {
  it('are kept for one time, or for that of their verdict', () => {
    const each = { accept: '1 day', review: '2 days', reject: '3 days' };
    expect(keptFor('5 days', 'reject')).toBe(milliseconds('5 days'));
    expect(keptFor(each, 'accept')).toBe(milliseconds('1 day'));
    expect(keptFor(each, 'reject')).toBe(milliseconds('3 days'));
  });
  it('that could not be archived say what to do', () => {
    expect(actionFor('not_started')).toBe(imagesFailures.not_started.action);
    expect(actionFor('not_started')).not.toMatch(/look at the images/);
  });
});

describe('Retry-After', () => {
  const sent = new Date('2026-03-02T10:00:00Z');
  it.each<[string, number | undefined]>([
    ['2', 2000],
    [' 12 ', 12_000],
    ['1.25', 1250],
    ['0.0001', 1],
    ['Mon, 02 Mar 2026 10:00:30 GMT', 30_000],
    ['Mon, 02 Mar 2026 09:00:30 GMT', 0],
    ['', undefined],
    ['-1', undefined],
    ['1 minute', undefined],
    ['x1', undefined],
    ['1e3', undefined],
    ['1234567890123', undefined],
    ['2026-03-02T10:00:30Z', undefined],
    ['2 Mar 2026 10:00:30 GMT', undefined],
    ['M 3', undefined],
    ['Mon, whenever', undefined],
  ])('"%s" is %s', (text, wait) => {
    expect(parseRetryAfter(text, sent)).toBe(wait);
  });
});

describe('bounds of an application', () => {
  const problemsOf = (changes: object) =>
    application.safeParse({ ...exampleApplication('app-1'), ...changes }).error?.issues.length ?? 0;
  const entries = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, at) => [`k${at}`, at]));
  it.each<[string, ApplicationInput['custom'], number]>([
    ['50 entries', entries(50), 0],
    ['51 entries', entries(51), 1],
    ['a name of 64 characters', { ['x'.repeat(64)]: 1 }, 0],
    ['a name of 65 characters', { ['x'.repeat(65)]: 1 }, 1],
    ['a name with half a character', { '\ud800': 1 }, 1],
    ['a text of 1024 characters', { a: 'x'.repeat(1024) }, 0],
    ['a text of 1025 characters', { a: 'x'.repeat(1025) }, 1],
    ['a text with half a character', { a: '\ud800' }, 1],
  ])('custom: %s', (_, custom, problems) => {
    expect(problemsOf({ custom })).toBe(problems);
  });
});
