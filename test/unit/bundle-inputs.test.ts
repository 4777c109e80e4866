import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isUpToDate, recordInputs } from '../../src/worker/bundle-inputs.ts';

let folder: string;
let bundle: string;
let input: string;
let absent: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bundle-'));
  bundle = join(folder, 'bundle.js');
  input = join(folder, 'input.js');
  absent = join(folder, 'absent.js');
  await writeFile(bundle, 'made');
  await writeFile(input, 'source');
  await recordInputs(bundle, [input, absent]);
});

afterEach(() => rm(folder, { recursive: true }));

describe('a bundle', () => {
  test('that was just made is up to date', async () => {
    expect(await isUpToDate(bundle)).toBe(true);
  });

  test.each<[string, () => Promise<void>]>([
    ['that was never made', () => rm(bundle)],
    ['that was cut off while it was written', () => writeFile(bundle, 'ma')],
    ['whose input changed', () => writeFile(input, 'SOURCE')],
    ['whose input is gone', () => rm(input)],
    ['whose input was not there, and is now', () => writeFile(absent, '')],
    ['without a record', () => rm(join(folder, '.bundle.js.inputs.json'))],
    ['with half a record', () => writeFile(join(folder, '.bundle.js.inputs.json'), '{"inputs":[')],
  ])('%s is made again', async (_, change) => {
    await change();
    expect(await isUpToDate(bundle)).toBe(false);
  });
});
