import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const rows = readFileSync(`${root}docs/coverage.md`, 'utf8')
  .split('\n')
  .filter((line) => line.startsWith('| ') && !/^\| (heading|-)/.test(line))
  .map((line) => line.split(' | '));

test.each(rows)('%s: its place and its test are there', (_heading, where = '', tests = '') => {
  const pathsIn = (text: string) =>
    [...text.matchAll(/`([a-z]+\/[\w./-]+)`/g)].flatMap(([, path]) => path ?? []);
  const missing = pathsIn(where + tests).filter((path) => !existsSync(root + path));
  expect(missing).toEqual([]);
  expect(pathsIn(where)).not.toEqual([]);
  expect(pathsIn(tests).some((path) => path.endsWith('.test.ts'))).toBe(true);
});
