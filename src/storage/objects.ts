import { StorageError } from './errors.ts';
import type { Storage } from './storage.ts';

/** A small object whole; undefined if there is none. Rejects with `StorageCorrupt` when it is larger than `limit` bytes. */
export async function readObject(
  storage: Pick<Storage, 'get'>,
  key: string,
  limit: number,
): Promise<Uint8Array | undefined> {
  const body = await storage.get(key);
  if (!body) return undefined;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > limit) {
      throw new StorageError('StorageCorrupt', `A stored object is larger than ${limit} bytes, its most.`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * Stores `bytes` unless the key has an object already, and returns what is there now: two that call it at once get the
 * same answer.
 */
export async function claimObject(
  storage: Pick<Storage, 'get' | 'putIfAbsent'>,
  key: string,
  bytes: Uint8Array,
  limit = 64 * 1024,
): Promise<Uint8Array> {
  if ((await storage.putIfAbsent(key, bytes)) === 'stored') return bytes;
  const there = await readObject(storage, key, limit);
  if (there) return there;
  throw new StorageError('StorageUnavailable', 'An object was deleted while it was read; try again.');
}
