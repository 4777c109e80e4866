import { z } from 'zod';

/** Where the runner writes what it saw, for the driver; relative to the repository. */
export const coverageFile = 'reports/mutation/coverage.json';
export const killedFile = 'reports/mutation/killed.json';

/** How often each mutant's place was reached, by each test and while modules were loaded; where each test is, and how long it took. */
export const coverageSchema = z.object({
  static: z.record(z.string(), z.number()),
  perTest: z.record(z.string(), z.record(z.string(), z.number())),
  tests: z.record(z.string(), z.object({ file: z.string(), milliseconds: z.number() })),
});
export type Coverage = z.infer<typeof coverageSchema>;

/** The environment variable that says which tests run with mutants; none do where it is not set. */
export const passVariable = 'MUTATION_PASS';
export type Pass = 'quick' | 'slow';

/** A slow test, of more than 50 ms, runs only with the mutants that no quick one has noticed. */
export function passOf({ tests }: Coverage, test: string): Pass {
  return (tests[test]?.milliseconds ?? 0) <= 50 ? 'quick' : 'slow';
}

/** The test that notices a mutant, by the mutant's id. */
export const killedSchema = z.record(z.string(), z.string());
