import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/support/longest-first.ts';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/system/**'],
    globalSetup: ['test/support/temporal.ts'],
    testTimeout: 180_000,
    hookTimeout: 120_000,
    // To load the SDKs and zod anew for each file was a quarter of the processor time.
    isolate: false,
    // For two cores: files that use a server wait about half of their time.
    maxWorkers: 3,
    // Each of the concurrent ones drives dozens of funnels.
    maxConcurrency: 3,
    sequence: { sequencer: LongestFirst },
    restoreMocks: true,
    // Real processes on a busy machine: a test that fails there gets a second chance, and the report says so.
    retry: process.env['CI'] ? 1 : 0,
    // A busy machine is late, not wrong.
    expect: { poll: { timeout: 60_000 } },
  },
});
