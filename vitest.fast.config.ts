import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** What needs no Temporal server, so that it runs after each change. */
export default defineConfig({
  test: {
    ...base.test,
    globalSetup: [],
    include: [
      'unit',
      'riskos',
      'archive',
      'storage',
      'emulator',
      'notifier',
      'simulation',
      'reference',
      'docs',
    ].map((room) => `test/${room}/**/*.test.ts`),
  },
});
