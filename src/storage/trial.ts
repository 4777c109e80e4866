import { randomUUID } from 'node:crypto';
import { StorageError } from './errors.ts';
import { readObject } from './objects.ts';
import type { Storage } from './storage.ts';

/**
 * Stores, refuses to store again, reads, lists and deletes an object. Rejects with `StorageUnsupported` when any of it
 * does not do what {@link Storage} promises. `inspect` runs while the object is there.
 */
export async function tryVerbs(
  storage: Omit<Storage, 'deleteLeftovers' | 'tryOut' | 'close'>,
  inspect: (key: string) => Promise<void> = async () => {},
): Promise<void> {
  const key = `trial-${randomUUID()}/object`;
  const prefix = key.slice(0, -'object'.length);
  const [first, second] = [Buffer.from('first'), Buffer.from('second')];
  try {
    if ((await storage.putIfAbsent(key, first)) !== 'stored')
      throw lacks('storing an object under a new key');
    if ((await storage.putIfAbsent(key, second)) !== 'exists') {
      throw lacks('a conditional put (If-None-Match), without which two workers would spoil an archive');
    }
    const read = await readObject(storage, key, 100);
    if (!read || !first.equals(read)) throw lacks('keeping the first of two puts');
    if ((await keysBelow(storage, prefix)).length === 0)
      throw lacks('listing an object that was just stored');
    await inspect(key);
  } finally {
    await storage.delete(key);
  }
  if ((await storage.get(key)) !== undefined || (await keysBelow(storage, prefix)).length > 0) {
    throw lacks('deleting an object with all its versions');
  }
}

async function keysBelow(storage: Pick<Storage, 'list'>, prefix: string): Promise<string[]> {
  const keys = [];
  for await (const { key } of storage.list(prefix, { leftovers: true })) keys.push(key);
  return keys;
}

function lacks(what: string): StorageError {
  return new StorageError('StorageUnsupported', `The storage cannot be used, since it lacks ${what}.`);
}
