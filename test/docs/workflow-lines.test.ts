import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from './pages.ts';

const contributing = readFileSync(join(root, 'CONTRIBUTING.md'), 'utf8');

function linesOf(folder: string): { name: string; lines: number }[] {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith('.ts'))
    .map((name) => ({ name, lines: readFileSync(join(root, folder, name), 'utf8').split('\n').length - 1 }));
}

/** The first number of each cell of the row, where it has one. */
function numbersOf(part: string): number[] {
  const row = contributing.split('\n').find((line) => line.startsWith(`| ${part}`)) ?? '';
  return row.split('|').flatMap((cell) => {
    const number = /(?<![\w.-])\d[\d,]*/.exec(cell)?.[0];
    return number === undefined ? [] : [Number(number.replaceAll(',', ''))];
  });
}

test.each([
  ['the funnel', 'workflows'],
  ['`evaluation/`', 'workflows/evaluation'],
  ['`retention/`', 'workflows/retention'],
])('CONTRIBUTING.md counts the files and lines of %s, give or take a tenth', (part, folder) => {
  const files = linesOf(folder);
  const lines = files.reduce((sum, file) => sum + file.lines, 0);
  const longest = Math.max(...files.map((file) => file.lines));
  const [saidFiles = 0, saidLines = 0, saidLongest = 0] = numbersOf(part);
  expect(saidFiles).toBe(files.length);
  expect(Math.abs(saidLines - lines)).toBeLessThanOrEqual(lines / 10);
  expect(Math.abs(saidLongest - longest)).toBeLessThanOrEqual(longest / 10);
});

test('no file of the workflows has more than 350 lines', () => {
  const folders = ['workflows', 'workflows/evaluation', 'workflows/retention'];
  expect(folders.flatMap(linesOf).filter(({ lines }) => lines > 350)).toEqual([]);
});
