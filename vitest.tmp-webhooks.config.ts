import { defineConfig } from 'vitest/config';
import base from './vitest.mutate.config.ts';
export default defineConfig({ test: { ...base.test, include: ['test/riskos/webhooks.test.ts'] } });
