import { z } from 'zod';

/** An object that keeps unknown fields of a newer release, without showing them to the types. */
export function kept<Shape extends z.ZodRawShape>(shape: Shape): z.ZodObject<Shape> {
  return z.looseObject(shape);
}

/** A word of a closed set that a newer release may have made longer. */
export function word<Word extends string>(): z.ZodType<Word> {
  return z.custom<Word>((value) => typeof value === 'string');
}

/** Reads a policy that an earlier or later release accepted: sets defaults at every depth, and keeps unknown fields. */
export function keptPolicy<Schema extends z.ZodType>(schema: Schema): z.ZodType<z.output<Schema>> {
  return z.unknown().transform((value, context) => {
    const unknown: { path: PropertyKey[]; value: unknown }[] = [];
    const known: unknown = JSON.parse(JSON.stringify(value ?? {}));
    const first = schema.safeParse(known);
    for (const issue of first.error?.issues ?? []) {
      if (issue.code !== 'unrecognized_keys') continue;
      for (const key of issue.keys)
        unknown.push({ path: [...issue.path, key], value: take(known, [...issue.path, key]) });
    }
    const parsed = schema.safeParse(known);
    if (!parsed.success) {
      for (const { path, message } of parsed.error.issues)
        context.addIssue({ code: 'custom', path, message });
      return z.NEVER;
    }
    for (const one of unknown) put(parsed.data, one.path, one.value);
    return parsed.data;
  });
}

function take(from: unknown, path: PropertyKey[]): unknown {
  const owner = ownerOf(from, path);
  const key = path.at(-1);
  if (!owner || key === undefined) return undefined;
  const value: unknown = Reflect.get(owner, key);
  Reflect.deleteProperty(owner, key);
  return value;
}

function put(into: unknown, path: PropertyKey[], value: unknown): void {
  const owner = ownerOf(into, path);
  const key = path.at(-1);
  if (owner && key !== undefined) Reflect.set(owner, key, value);
}

function ownerOf(root: unknown, path: PropertyKey[]): object | undefined {
  let owner: unknown = root;
  for (const key of path.slice(0, -1)) owner = isObject(owner) ? Reflect.get(owner, key) : undefined;
  return isObject(owner) ? owner : undefined;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null;
}
