import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative } from 'node:path';
import { z } from 'zod';

/** What a bundle was made of, written beside it. */
const record = z.object({ inputs: z.array(z.string()), hash: z.string() });

/** True where this bundle is the one that would be made again: it and all that it was made of are as they were. */
export async function isUpToDate(bundle: string): Promise<boolean> {
  try {
    const { inputs, hash } = record.parse(JSON.parse(await readFile(recordOf(bundle), 'utf8')));
    return hash === (await hashOf(bundle, inputs));
  } catch {
    return false; // There is no record, or only half of one: the bundle is made again.
  }
}

/** Notes the files, by absolute path, that the bundle was just made of. */
export async function recordInputs(bundle: string, files: Iterable<string>): Promise<void> {
  // Relative, so that the record says nothing of the machine, and a moved copy is up to date.
  const inputs = [...new Set(files)].map((file) => relative(dirname(bundle), file)).toSorted();
  await writeFile(recordOf(bundle), JSON.stringify({ inputs, hash: await hashOf(bundle, inputs) }));
}

function recordOf(bundle: string): string {
  return join(dirname(bundle), `.${basename(bundle)}.inputs.json`);
}

/** Of the bundle too, so that one that was cut off while it was written is not taken. */
async function hashOf(bundle: string, inputs: string[]): Promise<string> {
  const hash = createHash('sha256');
  for (const input of [basename(bundle), ...inputs]) {
    const content = await readFile(join(dirname(bundle), input)).catch(() => undefined);
    hash.update(`${input}\0${content === undefined ? 'none' : content.length}\0`).update(content ?? '');
  }
  return hash.digest('hex');
}
