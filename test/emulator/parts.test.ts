import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stamp } from '../../src/emulator/evaluation.ts';
import { builtInScenarios } from '../../src/emulator/index.ts';
import { mergePatch } from '../../src/emulator/json.ts';
import { html } from '../../src/emulator/pages/html.ts';
import { createRateLimit } from '../../src/emulator/rate-limit.ts';
import { scenarios } from '../../src/emulator/scenarios.ts';
import { property } from '../support/property.ts';

describe('parts', () => {
  test('every built-in scenario is valid and says what it is about', () => {
    const parsed = Object.values(scenarios.parse(builtInScenarios));
    expect(parsed.length).toBeGreaterThan(40);
    expect(parsed.filter(({ about }) => about === '')).toEqual([]);
  });

  property([fc.date({ min: new Date('2000-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })])(
    'timestamps have 8 or 9 digits and begin with the time',
    (at) => {
      const text = stamp(at.getTime());
      expect(text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7,8}[1-9]Z$/);
      expect(Date.parse(text)).toBe(at.getTime());
    },
  );

  property([fc.string()])('nothing gets through a template unescaped', (text) => {
    const { html: result } = html`<p title="${text}">${text}</p>`;
    expect(result.slice(10, -4)).not.toMatch(/[<'](?!\/?p)/);
    expect(result.match(/"/g)).toHaveLength(2);
    expect(result.match(/[<>]/g)).toHaveLength(4);
  });

  property([fc.jsonValue(), fc.jsonValue()])('a merge is the same when merged again', (one, other) => {
    const target = JSON.parse(JSON.stringify(one));
    const change = JSON.parse(JSON.stringify(other));
    const once = mergePatch(target, change);
    expect(mergePatch(once, change)).toEqual(once);
  });

  test('a merge is RFC 7396’s', () => {
    expect(
      mergePatch({ a: { b: 1, c: 2 }, d: [1, 2] }, { a: { b: null, e: { f: null, g: 3 } }, d: [3] }),
    ).toEqual({
      a: { c: 2, e: { g: 3 } },
      d: [3],
    });
  });

  test('the rate limit counts each key in whole seconds and days', () => {
    let now = 500;
    const limit = createRateLimit(() => now, { perSecond: 2, perDay: 3, header: 'Retry-After' });
    expect([limit.refuse('one'), limit.refuse('one'), limit.refuse('other')]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    expect(limit.refuse('one')).toEqual({ 'Retry-After': '1' });
    now = 1000;
    expect(limit.refuse('one')).toBeUndefined();
    expect(limit.refuse('one')).toEqual({ 'Retry-After': '86399' });
    now = 86_400_000;
    expect(limit.refuse('one')).toBeUndefined();
  });
});
