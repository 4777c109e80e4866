import { defineConfig } from 'vitest/config';
import base from './vitest.fast.config.ts';

/** The tests that `npm run mutate` runs for each mutant: pure, or over HTTP on loopback; no test waits for time. */
export default defineConfig({
  test: {
    ...base.test,
    // The sources have mutants in them.
    experimental: { fsModuleCache: false },
    passWithNoTests: true,
    include: ['test/unit/**/*.test.ts', 'test/riskos/**/*.test.ts', 'test/archive/unzip.test.ts'],
    exclude: [
      // They build nothing that is mutated, or wait for connections that time out.
      'test/unit/{bundle,coverage-page,funnel-page,capture-link,config}.test.ts',
      'test/riskos/connections.test.ts',
    ],
    runner: './test/mutation/runner.ts',
    // One process: a mutant is switched on when it runs, so that modules need loading only once.
    isolate: false,
    maxWorkers: 1,
    testTimeout: 30_000,
    // What a mutant breaks after its test is over is no failure of the run.
    dangerouslyIgnoreUnhandledErrors: true,
  },
});
