import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

/**
 * What needs more than Node and Temporal (Chromium, an S3 server, age, Go, Prometheus, PostgreSQL) or every process at once, and what
 * breaks things: killed processes, servers that go away, runs that end after a few events.
 */
export default defineConfig({
  test: {
    ...base.test,
    isolate: true,
    maxWorkers: 2,
    include: ['test/{system,compose,hazards}/**/*.test.ts'],
    exclude: [],
  },
});
