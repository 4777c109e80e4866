import { describe, expect, test } from 'vitest';
import { clockFinding } from '../../src/cli/doctor/clock.ts';
import { retentionFinding } from '../../src/cli/doctor/retention.ts';
import { isOlder, lookAtVersions } from '../../src/cli/doctor/versions.ts';

const day = 86_400_000;

describe('the clock', () => {
  const at = Date.parse('2026-11-26T04:00:00Z');
  test.each([
    ['Thu, 26 Nov 2026 04:00:00 GMT', 'ok', /agrees/],
    ['Thu, 26 Nov 2026 03:59:01 GMT', 'ok', /agrees/],
    ['Thu, 26 Nov 2026 03:55:00 GMT', 'fault', /300 seconds ahead of/],
    ['Thu, 26 Nov 2026 04:02:00 GMT', 'fault', /120 seconds behind/],
    ['yesterday', 'skipped', /no Date/],
    [undefined, 'skipped', /no Date/],
  ])('against a Date of %s is %s', (date, result, says) => {
    expect(clockFinding(date, at)).toMatchObject({ result, says: expect.stringMatching(says) });
  });
});

describe('the retention of the namespace', () => {
  const wanted = [
    { what: 'a review has 5 days', length: 5 * day },
    { what: 'images are kept for 90 days', length: 90 * day },
  ];
  test('is enough where no promise is longer', () => {
    expect(retentionFinding(90 * day, wanted)).toMatchObject({
      result: 'ok',
      says: expect.stringMatching(/90 days/),
    });
  });
  test('is a warning where the longest promise is longer, which it names', () => {
    expect(retentionFinding(30 * day, wanted)).toMatchObject({
      result: 'warning',
      says: expect.stringMatching(/for 30 days, but images are kept for 90 days/),
      remedy: expect.stringMatching(/to 90 days/),
    });
  });
});

describe('versions', () => {
  test('are compared by major and minor', () => {
    expect(isOlder('1.28.3', [1, 29])).toBe(true);
    expect(isOlder('1.29.0', [1, 29])).toBe(false);
    expect(isOlder('2.0.0', [1, 29])).toBe(false);
    expect(isOlder('v20.9.0', [20, 19])).toBe(true);
    expect(isOlder('a build of ours', [1, 29])).toBe(false);
  });
  test('of Node and the SDK are named, and a Node that is too old is a fault', () => {
    expect(lookAtVersions('20.19.0')).toMatchObject({
      result: 'ok',
      says: expect.stringMatching(/^Node 20\.19\.0, Temporal SDK \d+\.\d+\.\d+$/),
    });
    expect(lookAtVersions('18.20.1')).toMatchObject({ result: 'fault' });
  });
});
