import { z } from 'zod';

/** What is not relied upon may be null, absent or of another type. */
export function maybe<Schema extends z.ZodType>(
  schema: Schema,
): z.ZodCatch<z.ZodOptional<z.ZodNullable<Schema>>> {
  return schema.nullable().optional().catch(undefined);
}

const labelPattern = /^[\p{L}\p{N}][\p{L}\p{M}\p{N} ,.()/:&+#'_-]{0,79}$/u;

/**
 * A short name that somebody gave in RiskOS's dashboard, such as a tag or a queue, with white space collapsed.
 * `undefined` for anything longer than 80 characters, or with signs of markup or of an e-mail address.
 */
export function label(text: unknown): string | undefined {
  if (typeof text !== 'string' || text.length > 1000) return undefined;
  const name = text.trim().replaceAll(/\s+/g, ' ');
  return labelPattern.test(name) ? name : undefined;
}

/** Each label once, at most `most` of them. */
export function labels(list: readonly unknown[] | null | undefined, most: number): string[] {
  return [...new Set((list ?? []).flatMap((text) => label(text) ?? []))].slice(0, most);
}

/** Whether a field that is there "only if there was an error" says that there was one. */
export function saysError(value: unknown): boolean {
  if (value === undefined || value === null || value === false) return false;
  return typeof value === 'string' ? value.trim() !== '' : true;
}
