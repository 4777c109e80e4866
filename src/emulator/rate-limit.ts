import { z } from 'zod';

/** RiskOS's sandbox: 10 a second and 1,000 a day for each key [doc]; production starts at 0. */
export const rateLimit = z.strictObject({
  perSecond: z.int().min(0).max(100_000),
  perDay: z.int().min(0).max(100_000_000).optional(),
  /** The header that names the wait; by default both alternate, because both are documented. */
  header: z.enum(['X-Retry-After', 'Retry-After']).optional(),
});
export type RateLimit = z.output<typeof rateLimit>;

const second = 1000;
const day = 24 * 60 * 60 * second;

/** Counts requests per key in whole seconds and days; `now` in milliseconds since the epoch. */
export function createRateLimit(now: () => number, limit?: RateLimit) {
  let current = limit;
  let refused = 0;
  const counts = new Map<string, { window: number; count: number }>();

  function take(key: string, length: number, most: number): boolean {
    const window = Math.floor(now() / length);
    const name = `${length} ${key}`;
    const before = counts.get(name);
    const count = before?.window === window ? before.count : 0;
    if (count >= most) return false;
    counts.set(name, { window, count: count + 1 });
    return true;
  }

  return {
    set(next: RateLimit | undefined): void {
      current = next;
      counts.clear();
    },
    /** `undefined`: go on; otherwise the header that names the seconds to wait. */
    refuse(key: string): Record<string, string> | undefined {
      if (!current) return undefined;
      const { perSecond, perDay, header } = current;
      const left = (length: number) => String(Math.ceil((length - (now() % length)) / second));
      const name = () => header ?? (refused++ % 2 === 0 ? 'X-Retry-After' : 'Retry-After');
      if (!take(key, second, perSecond)) return { [name()]: left(second) };
      if (perDay !== undefined && !take(key, day, perDay)) return { [name()]: left(day) };
      return undefined;
    },
  };
}
export type RateLimiter = ReturnType<typeof createRateLimit>;
