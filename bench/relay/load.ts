import { randomUUID } from 'node:crypto';
import { Pool } from 'undici';
import { makeDelivery } from '../../src/relay/index.ts';
import { token } from '../../test/support/constants.ts';

export interface Load {
  /** Deliveries answered 200, a second. */
  rate: number;
  p50: number;
  p99: number;
  statuses: Record<string, number>;
}

/** Sends so many deliveries, one of them on each connection at a time. Times are in milliseconds. */
export async function load(
  url: string,
  count: number,
  connections: number,
  evaluationId: (nth: number) => string,
): Promise<Load> {
  const pool = new Pool(url, { connections });
  const measured = await loadPool(pool, count, connections, evaluationId);
  await pool.close();
  return measured;
}

/** As {@link load}, on connections that stay open. */
export async function loadPool(
  pool: Pool,
  count: number,
  connections: number,
  evaluationId: (nth: number) => string,
): Promise<Load> {
  const times: number[] = [];
  const statuses: Record<string, number> = {};
  const began = performance.now();
  let next = 0;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (next < count) {
        const nth = next++;
        const data = { id: evaluationId(nth), eval_id: randomUUID(), environment_name: 'Sandbox' };
        const { headers, body } = makeDelivery(
          { type: 'bearer', token },
          { event_type: 'evaluation_completed', data },
        );
        const sent = performance.now();
        const answer = await pool.request({ path: '/webhooks/riskos', method: 'POST', headers, body });
        await answer.body.dump();
        times.push(performance.now() - sent);
        statuses[answer.statusCode] = (statuses[answer.statusCode] ?? 0) + 1;
      }
    }),
  );
  const seconds = (performance.now() - began) / 1000;
  const sorted = times.toSorted((a, b) => a - b);
  return {
    rate: Math.round((statuses['200'] ?? 0) / seconds),
    p50: percentile(sorted, 0.5),
    p99: percentile(sorted, 0.99),
    statuses,
  };
}

function percentile(sorted: readonly number[], share: number): number {
  return Math.round((sorted[Math.floor((sorted.length - 1) * share)] ?? 0) * 10) / 10;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

export function quantile(values: readonly number[], share: number): number {
  return values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) * share)] ?? 0;
}
