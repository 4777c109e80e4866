import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    // What needs more than Node.js and Temporal, kills processes, or runs for minutes: vitest.system.config.ts.
    exclude: ['test/{system,compose,hazards}/**'],
    globalSetup: ['test/support/temporal.ts'],
    setupFiles: ['test/support/bytes.ts'],
    testTimeout: 180_000,
    hookTimeout: 120_000,
    // To load the SDKs and zod anew for each file was a quarter of the processor time.
    isolate: false,
    // For two cores: files that use a server wait for it, and for deadlines, most of their time.
    maxWorkers: 5,
    // Each of the concurrent ones drives dozens of funnels.
    maxConcurrency: 3,
    // Only what takes long has a line of its own.
    slowTestThreshold: 10_000,
    sequence: { sequencer: LongestFirst },
    restoreMocks: true,
    // Real processes on a busy machine: a test that fails there gets a second chance, and the report says so.
    retry: process.env['CI'] ? 1 : 0,
    // A busy machine is late, not wrong.
    expect: { poll: { timeout: 60_000 } },
  },
});
