import * as fc from 'fast-check';
import { test } from 'vitest';

/**
 * A test that holds for each of many generated values.
 * In place of @fast-check/vitest, whose import takes a second of each process: it builds every order of Vitest's modifiers.
 */
export function property<Values extends [unknown, ...unknown[]]>(
  arbitraries: { [Index in keyof Values]: fc.Arbitrary<Values[Index]> },
  parameters?: fc.Parameters<[Values]>,
) {
  const values = fc.tuple<Values>(...arbitraries);
  return (name: string, run: (...values: Values) => Outcome | Promise<Outcome>) =>
    test(name, () =>
      fc.assert(
        fc.asyncProperty(values, async (given) => run(...given)),
        parameters,
      ),
    );
}

/** False fails the test, as an error does. */
type Outcome = boolean | void;
