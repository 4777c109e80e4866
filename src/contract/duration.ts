import ms from 'ms';
import { z } from 'zod';

/** A duration as Temporal takes it: "30s", "10 minutes", "7 days". Longer than zero, at most ten years. */
export const duration = z
  .string()
  .refine(
    (text) => {
      const parsed = text !== '' && text.length <= 40 ? ms(text) : undefined;
      return parsed !== undefined && parsed >= 1 && parsed <= 10 * 365.25 * 24 * 3600 * 1000;
    },
    {
      error: 'must be a duration such as "30s", "10 minutes" or "7 days", at most 10 years',
      // Later checks compare only valid durations.
      abort: true,
    },
  )
  .meta({
    id: 'duration',
    description:
      'A number and its unit, such as "30s", "10 minutes" or "7 days": more than zero, at most 10 years; a number alone is milliseconds.',
    maxLength: 40,
    pattern:
      '^(?=.*[1-9])[0-9]*\\.?[0-9]+ *(milliseconds?|msecs?|ms|seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h|days?|d|weeks?|w|months?|mo|years?|yrs?|y)?$',
  });

/** A validated duration in milliseconds. Throws RangeError for text that {@link duration} refuses. */
export function milliseconds(text: string): number {
  const parsed = ms(text);
  if (parsed === undefined || Number.isNaN(parsed)) throw new RangeError('not a duration');
  return parsed;
}
