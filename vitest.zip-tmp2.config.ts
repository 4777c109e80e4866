import { defineConfig } from 'vitest/config';
import base from './vitest.mutate.config.ts';
export default defineConfig({ test: { ...base.test, include: ['decision-words','document-rules','policy','status','failures','state', 'ids'].map((n)=>`test/unit/${n}.test.ts`) } });
