import { describe, expect, test } from 'vitest';
import { FunnelError } from '../../src/client/errors.ts';
import { retryEach, type RetryResult } from '../../src/client/retry-all.ts';
import type { AttentionReason } from '../../src/contract/index.ts';

const pace = { concurrency: 2, perSecond: 1000 };

/** Funnels that stopped for one reason, and what is sent to them. */
function batch(reasons: Record<string, AttentionReason | null>) {
  const sent: string[] = [];
  return {
    sent,
    list: async () => Object.keys(reasons),
    attention: async (id: string) => reasons[id] ?? null,
    retry: async (id: string): Promise<unknown> => {
      sent.push(id);
      return {};
    },
  };
}

async function all(results: AsyncIterable<RetryResult>): Promise<string[]> {
  const words: string[] = [];
  for await (const { applicationId, result } of results) words.push(`${applicationId} ${result}`);
  return words;
}

describe('a batch of retries', () => {
  test('yields each result in the order of the list', async () => {
    const asked = batch({ a: 'request_refused', b: 'request_refused', c: 'request_refused' });
    expect(await all(retryEach(asked, 'request_refused', pace))).toEqual([
      'a retried',
      'b retried',
      'c retried',
    ]);
  });

  test('sends nothing to one that has gone on, or that stopped for another reason since', async () => {
    const asked = batch({ gone: null, corrected: 'data_refused', still: 'request_refused' });
    expect(await all(retryEach(asked, 'request_refused', pace))).toEqual([
      'gone moved_on',
      'corrected moved_on',
      'still retried',
    ]);
    expect(asked.sent).toEqual(['still']);
  });

  test('takes the refusal of a second batch that was faster as moved on', async () => {
    const asked = {
      ...batch({ a: 'riskos_late' }),
      retry: async () => {
        throw new FunnelError('WrongStage', 'a: possible at needs_attention');
      },
    };
    expect(await all(retryEach(asked, 'riskos_late', pace))).toEqual(['a moved_on']);
  });

  test('goes on after a failure, and says why', async () => {
    const asked = batch({ a: 'riskos_late', b: 'riskos_late', c: 'riskos_late' });
    const failing = {
      ...asked,
      retry: async (id: string) => {
        if (id === 'a') throw new FunnelError('Unreachable', 'a: no worker has answered');
        if (id === 'b') throw new Error('permission denied');
        return asked.retry(id);
      },
    };
    const results: RetryResult[] = [];
    for await (const result of retryEach(failing, 'riskos_late', pace)) results.push(result);
    expect(results).toEqual([
      {
        applicationId: 'a',
        result: 'failed',
        error: { type: 'Unreachable', message: 'a: no worker has answered' },
      },
      { applicationId: 'b', result: 'failed', error: { type: null, message: 'permission denied' } },
      { applicationId: 'c', result: 'retried', error: null },
    ]);
  });

  test('asks no more at once than allowed', async () => {
    let open = 0;
    let most = 0;
    const asked = {
      ...batch(
        Object.fromEntries(Array.from({ length: 9 }, (_, at) => [`app-${at}`, 'riskos_late'] as const)),
      ),
      retry: async () => {
        most = Math.max(most, ++open);
        await new Promise(setImmediate);
        await new Promise(setImmediate);
        open -= 1;
      },
    };
    expect(await all(retryEach(asked, 'riskos_late', { concurrency: 3, perSecond: 100_000 }))).toHaveLength(
      9,
    );
    expect(most).toBeLessThanOrEqual(3);
  });

  test('sends no more once it is aborted, and says which it did not try', async () => {
    const stop = new AbortController();
    const asked = batch({ a: 'riskos_late', b: 'riskos_late', c: 'riskos_late' });
    const stopping = {
      ...asked,
      retry: async (id: string) => {
        await asked.retry(id);
        stop.abort();
      },
    };
    const given = { concurrency: 1, perSecond: 1000, signal: stop.signal };
    expect(await all(retryEach(stopping, 'riskos_late', given))).toEqual([
      'a retried',
      'b not_tried',
      'c not_tried',
    ]);
    expect(asked.sent).toEqual(['a']);
  });

  test('refuses a reason that only a correction mends', async () => {
    const asked = batch({ a: 'data_refused' });
    // @ts-expect-error HR systems in JavaScript have no types.
    await expect(all(retryEach(asked, 'data_refused', pace))).rejects.toMatchObject({
      type: 'InvalidMessage',
    });
    expect(asked.sent).toEqual([]);
  });
});
