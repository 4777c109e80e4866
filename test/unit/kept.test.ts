import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { describeIssues } from '../../src/contract/index.ts';
import { kept, keptPolicy, word } from '../../src/contract/kept.ts';

const strict = z.strictObject({
  deadline: z.string().default('7 days'),
  review: z.strictObject({ days: z.number().default(5) }).prefault({}),
  rules: z.array(z.strictObject({ code: z.string() })).default([]),
});
const policy = keptPolicy(strict);

describe('a policy that another release accepted', () => {
  it.each([[undefined], [null], [{}]])('has every default when it is %j', (given) => {
    expect(policy.parse(given)).toEqual({ deadline: '7 days', review: { days: 5 }, rules: [] });
  });

  it('has the defaults at every depth', () => {
    expect(policy.parse({ review: {} })).toEqual({ deadline: '7 days', review: { days: 5 }, rules: [] });
  });

  it('keeps the fields that are unknown here, wherever they are, with their values', () => {
    const newer = {
      deadline: '3 days',
      moon: { phase: 'full' },
      sun: null,
      review: { days: 2, hours: [1, 2] },
      rules: [{ code: 'R1' }, { code: 'R2', weight: 0.5 }],
    };
    expect(policy.parse(newer)).toEqual(newer);
  });

  it('is read again as it was read', () => {
    const once = policy.parse({ review: { hours: 1 } });
    expect(policy.parse(once)).toEqual(once);
  });

  it('leaves what was given as it was', () => {
    const given = { moon: 1, review: { days: 2, hours: 3 } };
    policy.parse(given);
    expect(given).toEqual({ moon: 1, review: { days: 2, hours: 3 } });
  });

  it.each([
    ['a known field', { deadline: 7 }, 'deadline: '],
    ['a field below an unknown one', { moon: 1, review: { days: 'two', hours: 1 } }, 'review.days: '],
    ['an object', { review: 'soon' }, 'review: '],
    ['the whole', 'soon', ''],
    ['the whole, as a list', [], ''],
  ])('is refused where %s is wrong, and names it', (_, given, field) => {
    const { error } = policy.safeParse(given);
    const original = strict.safeParse(given).error?.issues.filter(({ code }) => code !== 'unrecognized_keys');
    expect(error?.issues.map(({ path, message }) => ({ path, message }))).toEqual(
      original?.map(({ path, message }) => ({ path, message })),
    );
    expect(new Set(error?.issues.map(({ code }) => code))).toEqual(new Set(['custom']));
    expect(error && describeIssues(error)).toContain(field);
  });

  it.each([['text'], [null], [undefined], [7]])(
    'loses what is unknown below a field that is read as %j',
    (read) => {
      const inner = z.strictObject({ code: z.string() });
      const other = keptPolicy(
        z.strictObject({
          rule: inner.transform(() => read),
          deep: z.strictObject({ rule: inner }).transform(() => ({ rule: read })),
          deepest: z
            .strictObject({ deep: z.strictObject({ rule: inner }) })
            .transform(() => ({ deep: read })),
        }),
      );
      const rule = { code: 'R1', weight: 1 };
      const newer = { rule, deep: { rule }, deepest: { deep: { rule } }, moon: 1 };
      expect(other.parse(newer)).toEqual({
        rule: read,
        deep: { rule: read },
        deepest: { deep: read },
        moon: 1,
      });
    },
  );

  it('cannot reach anything but its own fields', () => {
    policy.parse(
      JSON.parse('{"__proto__": {"polluted": true}, "review": {"__proto__": {"polluted": true}}}'),
    );
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });
});

describe('a word that a newer release may have added', () => {
  it('is any text', () => {
    expect(word<'a' | 'b'>().safeParse('c').success).toBe(true);
  });

  it.each([[undefined], [null], [1], [{}], [['a']]])('is not %j', (value) => {
    expect(word<'a' | 'b'>().safeParse(value).success).toBe(false);
  });
});

it('an object of the state keeps the fields that a newer release wrote', () => {
  const object = kept({ stage: z.string() });
  expect(object.parse({ stage: 'review', newer: 1 })).toEqual({ stage: 'review', newer: 1 });
  expect(object.safeParse({ newer: 1 }).success).toBe(false);
});
