import type { IncomingHttpHeaders } from 'node:http';
import { parseRetryAfter } from '../contract/index.ts';
import type { RiskosError } from './errors.ts';

/** No wait that RiskOS asks for is believed beyond this, in milliseconds. */
const longestRetryAfter = 60 * 60 * 1000;

/**
 * How long RiskOS asks to wait, in milliseconds from `now`: `X-Retry-After` before `Retry-After`, each in seconds or
 * as an HTTP date, which the answer's own `Date` is the measure of [doc]. At most an hour; `undefined` when neither can be understood.
 */
export function retryAfterOf(headers: IncomingHttpHeaders, now: Date): number | undefined {
  // A date is by the clock of the server that sent it.
  const sent = Date.parse(String(headers.date));
  const written = Number.isNaN(sent) ? now : new Date(sent);
  for (const name of ['x-retry-after', 'retry-after']) {
    const value = headers[name];
    const wait = parseRetryAfter(typeof value === 'string' ? value : (value?.[0] ?? ''), written);
    if (wait !== undefined) return Math.min(wait, longestRetryAfter);
  }
  return undefined;
}

export interface Backoff {
  /** Milliseconds; 500 when absent. */
  first?: number;
  /** Milliseconds; 60,000 when absent. */
  longest?: number;
  /** Between 0 and 1, as `Math.random`. */
  random?: () => number;
}

/**
 * Milliseconds to wait before attempt number `attempt + 1`, where the first attempt is 1: exponential with full jitter,
 * and never less than RiskOS asked for. `undefined` when another attempt does not pay or could do something twice.
 */
export function retryDelay(error: RiskosError, attempt: number, backoff: Backoff = {}): number | undefined {
  if (!error.retryable || error.processed !== 'no') return undefined;
  const { first = 500, longest = 60_000, random = Math.random } = backoff;
  const ceiling = Math.min(longest, first * 2 ** (Math.max(1, attempt) - 1));
  return Math.round((error.retryAfter ?? 0) + random() * ceiling);
}
