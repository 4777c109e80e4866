import { afterAll, describe, expect, test } from 'vitest';
import { createFunnelClient, FunnelError, temporalClient } from '../../src/client/index.ts';
import { updateNames } from '../../src/contract/index.ts';
import {
  badApplications,
  badMessages,
  canary,
  completeApplication,
  reasonFor,
} from './bad-input/messages.ts';
import { property } from '../support/property.ts';

/** Nobody listens there: a call would end as `Unreachable`. */
const offline = createFunnelClient({ temporal: temporalClient('127.0.0.1:9'), deadline: 2000 });
afterAll(() => offline.close());

/** Calls it as a program without types would. */
async function refusalOf(target: object, method: string, message: unknown): Promise<unknown> {
  try {
    const call: unknown = Reflect.get(target, method);
    if (typeof call !== 'function') throw new Error(`there is no ${method}`);
    return await Reflect.apply(call, target, [message]);
  } catch (error) {
    return error;
  }
}

// The others take no message in the client.
const withMessage = updateNames.filter(
  (name) => name !== 'resendOneTimeCode' && name !== 'retry' && name !== 'complete',
);

describe('the client refuses before any call', () => {
  describe.each(withMessage)('%s', (name) => {
    property([badMessages(name)], { numRuns: 300 })(
      'with field and reason, and no value',
      async (message) => {
        const refusal = await refusalOf(offline.funnel('app-1'), name, message);
        expect(refusal).toBeInstanceOf(FunnelError);
        expect(refusal).toMatchObject({
          type: 'InvalidMessage',
          message: `app-1: ${reasonFor(name, message)}`,
        });
        expect(String(refusal)).not.toContain(canary);
        expectWellFormed(refusal);
        expect(String(refusal)).toMatch(/app-1: \S+/);
      },
    );
  });

  property([badApplications], { numRuns: 1000 })('an application, in the same way', async (input) => {
    const refusal = await refusalOf(offline, 'startFunnel', input);
    expect(refusal).toBeInstanceOf(FunnelError);
    expect(refusal).toMatchObject({ type: 'InvalidApplication', message: expect.stringMatching(/\S/) });
    expect(String(refusal)).not.toContain(canary);
    expectWellFormed(refusal);
  });

  const { policy } = completeApplication;
  test.each<[string, unknown, RegExp]>([
    ['documents.reminder', { documents: { deadline: '2 days', reminder: '2 days' } }, /must be shorter than/],
    ['review.reminder', { review: { deadline: '1 day', reminder: '25 hours' } }, /must be shorter than/],
    [
      'reverification.reminder',
      { reverification: { deadline: '1h', reminder: '1h' } },
      /must be shorter than/,
    ],
    ['review.reminder', { review: { reminder: '5 days' } }, /must be shorter than review\.deadline/],
    ['reconciliation.first', { reconciliation: { first: '13 hours' } }, /must not be longer than/],
    ['documents.maxAttempts', { documents: { maxAttempts: 0 } }, /must be at least 1$/],
    ['reverification.maxAttempts', { reverification: { maxAttempts: 0 } }, /must be at least 1$/],
    ['documents.maxAttempts', { documents: { maxAttempts: 1e300 } }, /./],
    ['documents.maxTechnicalRetries', { documents: { maxTechnicalRetries: -1 } }, /must be at least 0$/],
    ['documents.deadline', { documents: { deadline: '0s' } }, /must be a duration/],
    ['documents.deadline', { documents: { deadline: canary } }, /must be a duration/],
    ['images.archiveOn.0', { images: { archiveOn: [canary] } }, /must be one of/],
    ['verdicts', { verdicts: many(51, 'WORD', 'accept') }, /must have at most 50 words/],
    ['verdicts.PASSED', { verdicts: { PASSED: canary } }, /must be one of/],
    ['documents.redirect.url', { documents: { redirect: { url: `javascript:${canary}` } } }, /./],
  ])('a policy with a wrong %s', async (field, wrong, reason) => {
    const input = { ...completeApplication, policy: { ...policy, ...record(wrong) } };
    const refusal = await refusalOf(offline, 'startFunnel', input);
    expect(refusal).toMatchObject({ type: 'InvalidApplication', message: expect.stringMatching(reason) });
    expect(String(refusal)).toContain(`bad-input: policy.${field}: `);
    expect(String(refusal)).not.toContain(canary);
  });

  test.each<[string, object]>([
    ['custom', { custom: many(51, 'field', 'x') }],
    ['custom.source', { custom: { source: canary.repeat(100) } }],
    ['baseline.referenceId', { baseline: { referenceId: '' } }],
    ['baseline.transactionToken', { baseline: { referenceId: 'r', transactionToken: '' } }],
  ])('an application with a wrong %s', async (field, wrong) => {
    const refusal = await refusalOf(offline, 'startFunnel', { ...completeApplication, ...wrong });
    expect(refusal).toMatchObject({ type: 'InvalidApplication' });
    expect(String(refusal)).toContain(`${field}: `);
    expect(String(refusal)).not.toContain(canary);
  });
});

/** Temporal takes failures in UTF-8 only: half a character in one ends the worker that sends it. */
function expectWellFormed(refusal: unknown): void {
  const text = String(refusal);
  expect(Buffer.from(text).toString()).toBe(text);
}

function many(count: number, name: string, value: string): Record<string, string> {
  const letters = (index: number) => String.fromCodePoint(65 + (index % 26), 65 + Math.floor(index / 26));
  return Object.fromEntries(
    Array.from({ length: count }, (_, index) => [`${name}_${letters(index)}`, value]),
  );
}

function record(value: unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(value ?? {}));
}
