import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';

const root = (path: string) => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const job = z.looseObject({
  strategy: z.object({ matrix: z.object({ node: z.array(z.string()) }) }).optional(),
  steps: z.array(z.looseObject({ run: z.string().optional() })),
});
const workflow = z.object({ jobs: z.record(z.string(), job) });
const manifest = z
  .object({ scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(readFileSync(root('package.json'), 'utf8')));

const { jobs } = workflow.parse(parse(readFileSync(root('.github/workflows/ci.yml'), 'utf8')));
const runs = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));

test('the workflow of CI runs every test on each supported Node.js', () => {
  const [verify] = Object.values(jobs).filter(({ steps }) => steps.some(({ run }) => run === '.ci/run'));
  expect(verify?.strategy?.matrix.node).toEqual(['20.19', '22', '24']);
});

test('the workflow of CI runs what "npm run verify" checks besides the tests', () => {
  const checks = (manifest.scripts['verify'] ?? '').split(' && ').filter((check) => check !== 'npm test');
  const missing = checks.filter((check) => !runs.includes(check) && !runs.includes(`npx ${check}`));
  expect(missing).toEqual([]);
});
