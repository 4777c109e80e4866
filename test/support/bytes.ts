import { expect } from 'vitest';

/** Vitest compares bytes one by one, a million in two seconds; where they differ, its own comparison shows where. */
function sameBytes(one: unknown, other: unknown): true | undefined {
  const same =
    one instanceof Uint8Array &&
    other instanceof Uint8Array &&
    one.constructor === other.constructor &&
    Buffer.compare(one, other) === 0;
  return same || undefined;
}

expect.addEqualityTesters([sameBytes]);
