import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { InputError } from './errors.ts';

/** The JSON of a file, or of standard input for `-`. Throws {@link InputError} without quoting what it read. */
export async function readJson(path: string): Promise<unknown> {
  let content: string;
  try {
    content = path === '-' ? await text(process.stdin) : await readFile(path, 'utf8');
  } catch {
    throw new InputError(`${path} cannot be read`);
  }
  try {
    return JSON.parse(content);
  } catch {
    throw new InputError(`${path === '-' ? 'standard input' : path} is not JSON`);
  }
}
