import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bundlePath } from '../../src/worker/bundle-path.ts';

/** Changes of the built workflow code, each a text that is there once and what takes its place. */
export type Changes = Record<string, string>;

/** The workflow bundle of another release: today's with small changes. Resolves with its path. */
export async function releaseWith(folder: string, name: string, changes: Changes): Promise<string> {
  let code = await readFile(bundlePath, 'utf8');
  for (const [from, to] of Object.entries(changes)) {
    if (code.split(from).length !== 2) throw new Error(`the bundle does not have this once: ${from}`);
    code = code.replace(from, () => to);
  }
  const path = join(folder, `${name}.js`);
  await writeFile(path, code);
  return path;
}

/** A command that no earlier release gives at this point: a timer. */
export const oneMoreTimer = 'await new Promise((resolve) => setTimeout(resolve, 1));';
