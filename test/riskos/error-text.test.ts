import { describe, expect, it } from 'vitest';
import { RiskosError, type RiskosErrorDetails } from '../../src/riskos/errors.ts';

describe("an error's message", () => {
  it.each<[RiskosErrorDetails, string]>([
    [{}, 'RiskOS failed'],
    [{ call: 'GET /x' }, 'RiskOS failed (GET /x)'],
    [{ status: 503 }, 'RiskOS failed (HTTP 503)'],
    [{ call: 'GET /x', status: 503, code: 'A_B' }, 'RiskOS failed (GET /x, HTTP 503, A_B)'],
    [{ fields: [] }, 'RiskOS failed'],
    [{ fields: ['a', 'b'] }, 'RiskOS failed: a, b'],
    [{ note: 'a is wrong' }, 'RiskOS failed: a is wrong'],
    [{ note: 'a is wrong', fields: ['a', 'b'] }, 'RiskOS failed: a is wrong'],
    [{ status: 503, note: 'a is wrong' }, 'RiskOS failed (HTTP 503): a is wrong'],
  ])('of %j', (details, message) => {
    expect(new RiskosError('ServerError', details).message).toBe(message);
  });
});

describe('an error', () => {
  it('is named, is about no field by itself, and has a cause only where it was given one', () => {
    const plain = new RiskosError('ServerError');
    expect(plain).toMatchObject({ name: 'RiskosError', fields: [], processed: 'perhaps', fault: 'riskos' });
    expect('cause' in plain).toBe(false);
    const cause = new Error('socket');
    expect(new RiskosError('ServerError', { cause }).cause).toBe(cause);
  });

  it.each([
    'InvalidSettings',
    'InvalidRequest',
    'InvalidWebhook',
    'Unreachable',
    'InsecureConnection',
  ] as const)('of the type %s means that nothing was sent', (type) => {
    expect(new RiskosError(type).processed).toBe('no');
  });
});
