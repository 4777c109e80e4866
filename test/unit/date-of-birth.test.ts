import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { dateOfBirth } from '../../src/contract/date-of-birth.ts';

const faultsOf = (text: string) => dateOfBirth.safeParse(text).error?.issues.map(({ message }) => message);

describe('a date of birth', () => {
  beforeEach(() => void vi.useFakeTimers({ now: new Date('2026-03-01T00:00:00Z'), toFake: ['Date'] }));
  afterEach(() => void vi.useRealTimers());

  it.each(['1900-01-01', '1999-12-31', '2024-02-29', '2026-02-28', '2026-03-01'])('may be %s', (text) => {
    expect(dateOfBirth.parse(text)).toBe(text);
  });

  it('is kept without the space around it', () => {
    expect(dateOfBirth.parse(' 1990-02-11\n')).toBe('1990-02-11');
  });

  it.each([
    ['', 'must be YYYY-MM-DD'],
    ['1990', 'must be YYYY-MM-DD'],
    ['1990-2-1', 'must be YYYY-MM-DD'],
    ['11990-02-01', 'must be YYYY-MM-DD'],
    ['1990-02-011', 'must be YYYY-MM-DD'],
    ['1990-02-11T00:00:00Z', 'must be YYYY-MM-DD'],
    ['born 1990-02-11', 'must be YYYY-MM-DD'],
    ['199O-02-11', 'must be YYYY-MM-DD'],
    ['1990-O2-11', 'must be YYYY-MM-DD'],
    ['1990-02-1l', 'must be YYYY-MM-DD'],
    ['1990-13-01', 'must be a day of the calendar, written YYYY-MM-DD'],
    ['1990-00-10', 'must be a day of the calendar, written YYYY-MM-DD'],
    ['1990-02-30', 'must be a day of the calendar, written YYYY-MM-DD'],
    ['2023-02-29', 'must be a day of the calendar, written YYYY-MM-DD'],
    ['1899-12-31', 'must not be before 1900'],
    ['0001-01-01', 'must not be before 1900'],
    ['2026-03-02', 'must not be in the future'],
    ['9999-12-31', 'must not be in the future'],
  ])('%j: %s', (text, message) => {
    expect(faultsOf(text)).toEqual([message]);
  });
});
