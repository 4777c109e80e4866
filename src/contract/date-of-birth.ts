import { z } from 'zod';

/** A real day between 1900 and today. */
export const dateOfBirth = z
  .string()
  .trim()
  .check((context) => {
    const message = faultOf(context.value);
    if (message !== undefined) context.issues.push({ code: 'custom', message, input: context.value });
  })
  .meta({ format: 'date', pattern: '^(19|20)[0-9]{2}-[0-9]{2}-[0-9]{2}$' });

function faultOf(text: string): string | undefined {
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text)) return 'must be YYYY-MM-DD';
  const day = new Date(`${text}T00:00:00Z`);
  // Date turns a day that the month does not have into a day of the next month.
  if (Number.isNaN(day.getTime()) || !day.toISOString().startsWith(text)) {
    return 'must be a day of the calendar, written YYYY-MM-DD';
  }
  if (text < '1900') return 'must not be before 1900';
  // In a workflow this is the workflow's own clock.
  return day.getTime() > Date.now() ? 'must not be in the future' : undefined;
}
