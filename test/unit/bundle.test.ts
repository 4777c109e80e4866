import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { bundlePath } from '../../src/worker/bundle-path.ts';

test('every module that workflows run is evaluated once for all workflows of a thread', async () => {
  const bundle = await readFile(bundlePath, 'utf8');
  const preload = /preloadModules\(\) \{([^}]*)\}/.exec(bundle)?.[1] ?? '';
  for (const path of ['preload', 'index', 'query-guard', 'failure-log'])
    expect(preload).toContain(`"./dist/workflows/${path}.js");`);
});

test('the contract is one module of the workflow bundle, zod and all, so that sharing it freezes its surface only', async () => {
  const bundle = await readFile(bundlePath, 'utf8');
  const modules = [...bundle.matchAll(/^\/\*{3}\/ "(.+)"/gm)].map(([, path]) => path ?? '');
  expect(modules.filter((path) => /src\/contract|\/zod\//.test(path))).toEqual([
    './dist/src/contract/index.js',
  ]);
});
