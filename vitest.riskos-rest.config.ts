import { defineConfig } from 'vitest/config';
import base from './vitest.mutate.config.ts';
export default defineConfig({ test: { ...base.test, include: ['errors','processed','reason-codes'].map((n)=>`test/riskos/${n}.test.ts`).concat(['test/unit/evaluation-failures.test.ts','test/riskos/requests.test.ts', 'test/riskos/logging.test.ts']) } });
