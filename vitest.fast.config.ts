import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** What needs no Temporal server, so that it runs after each change. */
export default defineConfig({
  test: {
    ...base.test,
    globalSetup: [],
    // They wait for little, and each process loads the modules anew.
    maxWorkers: 2,
    // Sources that did not change are not compiled again.
    experimental: { fsModuleCache: true },
    exclude: [
      // Hundreds of lives, and lives in the SDK's own sandbox, take long; `npm test` has them.
      'test/simulation/{seeds,cross-check}.test.ts',
      // They start processes: dozens of curl, and the command with all its modules. `npm test` has them.
      'test/emulator/docs.test.ts',
      'test/reference/schema-verb.test.ts',
      // They follow their pages with a server.
      'test/docs/{getting-started,integration}.test.ts',
    ],
    include: [
      'unit',
      'riskos',
      'archive',
      'storage',
      'forget',
      'emulator',
      'notifier',
      'simulation',
      'reference',
      'docs',
    ].map((room) => `test/${room}/**/*.test.ts`),
  },
});
