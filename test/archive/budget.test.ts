import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createBudget, type Lease } from '../../src/archive/index.ts';
import { property } from '../support/property.ts';

const never = new AbortController().signal;
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('the budget', () => {
  test('lets in what fits, in turn, and no more', async () => {
    const budget = createBudget(100);
    const granted: string[] = [];
    const ask = async (name: string, bytes: number) => {
      const lease = await budget.lease(bytes, never);
      granted.push(name);
      return lease;
    };
    const first = ask('a', 60);
    const second = ask('b', 60);
    const third = ask('c', 10);
    await turn();
    expect(granted).toEqual(['a']);
    (await first).release();
    await turn();
    expect(granted).toEqual(['a', 'b', 'c']);
    for (const lease of [await second, await third]) lease.release();
  });

  test('wipes what it gets back, and gives it out once, however often it is released', async () => {
    const budget = createBudget(100);
    const lease = await budget.lease(60, never);
    lease.memory.fill(7);
    lease.release();
    lease.release();
    const again = await budget.lease(60, never);
    expect(again.memory.every((byte) => byte === 0)).toBe(true);
    let granted = false;
    void budget.lease(60, never).then(() => (granted = true));
    await turn();
    expect(granted).toBe(false);
  });

  test('wipes no more than was used, when that is said', async () => {
    const budget = createBudget(100);
    const lease = await budget.lease(60, never);
    lease.memory.fill(7, 0, 20);
    lease.memory.fill(9, 20);
    lease.release(20);
    const { memory } = await budget.lease(60, never);
    expect([...memory.subarray(18, 22)]).toEqual([0, 0, 9, 9]);
  });

  test('refuses what can never fit, and forgets who is cancelled', async () => {
    const budget = createBudget(100);
    await expect(budget.lease(101, never)).rejects.toBeInstanceOf(RangeError);
    const holder = await budget.lease(100, never);
    const cancelled = new AbortController();
    const waiting = budget.lease(50, cancelled.signal);
    const next = budget.lease(20, never);
    cancelled.abort(new Error('stopped'));
    await expect(waiting).rejects.toThrow('stopped');
    await expect(budget.lease(1, AbortSignal.abort(new Error('gone')))).rejects.toThrow('gone');
    holder.release();
    expect((await next).memory).toHaveLength(20);
  });

  property([fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 30 })])(
    'never gives out more than it has, and serves everybody',
    async (sizes) => {
      const budget = createBudget(100);
      let [held, served] = [0, 0];
      await Promise.all(
        sizes.map(async (bytes) => {
          const lease: Lease = await budget.lease(bytes, never);
          held += bytes;
          expect(held).toBeLessThanOrEqual(100);
          await turn();
          held -= bytes;
          served += 1;
          lease.release();
        }),
      );
      expect(served).toBe(sizes.length);
    },
  );
});
