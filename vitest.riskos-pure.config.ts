import { defineConfig } from 'vitest/config';
import base from './vitest.mutate.config.ts';
export default defineConfig({ test: { ...base.test, include: ['results','evaluations','webhooks'].map((n)=>`test/riskos/${n}.test.ts`) } });
