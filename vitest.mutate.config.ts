import { defineConfig } from 'vitest/config';
import base from './vitest.fast.config.ts';

/** The tests that `npm run mutate` runs for each mutant: pure, in milliseconds. */
export default defineConfig({
  test: {
    ...base.test,
    include: [
      'decision-words',
      'document-rules',
      'judge',
      'policy',
      'routing',
      'schedule',
      'state',
      'status',
    ].map((name) => `test/unit/${name}.test.ts`),
  },
});
