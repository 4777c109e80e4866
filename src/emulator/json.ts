import { z } from 'zod';

export const json = z.json();
export type Json = z.output<typeof json>;

/** RFC 7396: objects are merged field by field, `null` removes a field, anything else replaces. */
export function mergePatch(target: Json | undefined, change: Json): Json {
  if (!isObject(change)) return change;
  const merged: Record<string, Json> = isObject(target) ? { ...target } : {};
  for (const [field, value] of Object.entries(change)) {
    if (value === null) delete merged[field];
    else merged[field] = mergePatch(merged[field], value);
  }
  return merged;
}

export function isObject(value: unknown): value is Record<string, Json> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
