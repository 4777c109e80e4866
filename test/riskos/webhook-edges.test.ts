import { describe, expect, it } from 'vitest';
import { saysNoDocuments } from '../../src/riskos/failures.ts';
import { isSuccess } from '../../src/riskos/processed.ts';
import { parseWebhook } from '../../src/riskos/webhooks.ts';

describe('a webhook', () => {
  it('without anything that can be used has no keys for it', () => {
    expect(parseWebhook({})).toStrictEqual({ eventType: 'unknown', isTestPing: false });
  });

  it.each([
    ['verify-ping', {}, true],
    ['verify-ping-17', {}, true],
    ['a-verify-ping', {}, false],
    ['app-1', {}, false],
    ['verify-ping-17', { environment_name: 'Sandbox' }, false],
    ['verify-ping-17', { environment_name: '' }, true],
  ])('of %s with %j is the test ping: %s', (id, more, isTestPing) => {
    expect(parseWebhook({ event_type: 'x', data: { id, ...more } }).isTestPing).toBe(isTestPing);
  });

  it('may have white space around its instant', () => {
    expect(parseWebhook({ event_at: ' 2026-03-02T10:00:00Z ' }).eventAt).toBe('2026-03-02T10:00:00.000Z');
  });
});

describe('"No Documents Found"', () => {
  it.each<[unknown, boolean]>([
    [{ message: 'No Documents Found' }, true],
    [{ error: '  no document found for this id' }, true],
    [{ message: 7, error: 'No documents found' }, true],
    [{ message: ['No documents found'] }, false],
    [{ message: 'There are no documents found' }, false],
    [{ message: 'No documents foundered' }, false],
    [{}, false],
    ['No documents found', false],
  ])('%j: %s', (body, says) => {
    expect(saysNoDocuments(body)).toBe(says);
  });
});

it.each([
  [199, false],
  [200, true],
  [299, true],
  [300, false],
])('%s is a success: %s', (status, success) => {
  expect(isSuccess(status)).toBe(success);
});
