import { expect, test } from 'vitest';
import { clearPayload, isClear, memoOf, plainPayload, statusPayload } from '../../src/contract/index.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const encoding = bytes('json/plain');

test('a plain payload is JSON with its metadata', () => {
  expect(plainPayload({ stage: 'verified' })).toEqual({
    metadata: { encoding },
    data: bytes('{"stage":"verified"}'),
  });
  expect(plainPayload(1, { note: 'of the test' }).metadata).toEqual({ encoding, note: bytes('of the test') });
});

test('the memo has the status in clear and the rest as part of a status, which the codec encrypts', () => {
  const clear = plainPayload({ stage: 'verified' }, { 'clear-by': 'candidate-funnel' });
  const hidden = plainPayload({ problem: null }, { purpose: 'status' });
  expect(clearPayload({ stage: 'verified' }).payload).toEqual(clear);
  expect(statusPayload({ problem: null }).payload).toEqual(hidden);
  const memo = memoOf({ status: { stage: 'verified' }, private: { problem: null } });
  expect(Object.keys(memo)).toEqual(['status', 'private']);
  expect([memo['status']?.payload, memo['private']?.payload]).toEqual([clear, hidden]);
});

test.each([
  ['marked', { metadata: { 'clear-by': bytes('candidate-funnel') } }, true],
  ['marked by somebody else', { metadata: { 'clear-by': bytes('another') } }, false],
  ['part of a status', plainPayload(1, { purpose: 'status' }), false],
  ['without metadata', {}, false],
  ['with no metadata', { metadata: null }, false],
])('whether a payload is in clear: %s', (_name, payload, clear) => {
  expect(isClear(payload)).toBe(clear);
});
