import { buffer } from 'node:stream/consumers';
import { fromBufferPromise } from 'yauzl';

/** The files of a ZIP by path, in the ZIP's order; throws for one that is broken or unsafe. */
export async function unzip(zip: Buffer): Promise<Map<string, Buffer>> {
  const opened = await fromBufferPromise(zip);
  const files = new Map<string, Buffer>();
  for await (const entry of opened.eachEntry()) {
    files.set(entry.fileName, await buffer(await opened.openReadStreamPromise(entry)));
  }
  return files;
}

/** How many entries the directory of a ZIP lists, without what is in them. */
export async function countEntries(zip: Buffer): Promise<number> {
  const opened = await fromBufferPromise(zip);
  let count = 0;
  for await (const _ of opened.eachEntry()) count += 1;
  return count;
}
