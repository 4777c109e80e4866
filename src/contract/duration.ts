import ms from 'ms';
import { z } from 'zod';

/** A duration as Temporal takes it: "30s", "10 minutes", "7 days". Longer than zero, at most ten years. */
export const duration = z.string().refine(
  (text) => {
    const parsed = text !== '' && text.length <= 40 ? ms(text) : undefined;
    return parsed !== undefined && parsed >= 1 && parsed <= 10 * 365.25 * 24 * 3600 * 1000;
  },
  {
    error: 'must be a duration such as "30s", "10 minutes" or "7 days", at most 10 years',
    // What compares durations sees only valid ones.
    abort: true,
  },
);

/** A validated duration in milliseconds. Throws RangeError for text that {@link duration} refuses. */
export function milliseconds(text: string): number {
  const parsed = ms(text);
  if (parsed === undefined || Number.isNaN(parsed)) throw new RangeError('not a duration');
  return parsed;
}
