import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { applicationId as applicationIdSchema } from '../../contract/index.ts';
import { readObject, type Storage, StorageError } from '../../storage/index.ts';
import { CodecError, ignoreUnreadable } from '../errors.ts';
import type { DataKey } from '../payload.ts';
import type { KeyWrapper } from './wrapper.ts';

/** What the store knows of an application. */
export type KeyFound =
  | { kind: 'found'; key: DataKey }
  | { kind: 'missing' }
  /** Its key was erased on request. */
  | { kind: 'forgotten'; tombstone: Tombstone };

/** The record of an erased key, or of the request to erase it. */
export interface Tombstone {
  /** ISO 8601; the time of the erasure, or of the request. */
  at: string;
  by: string;
  reason: string;
}

/** What `keys check` found of one application. */
export interface KeyCheck {
  applicationId: string;
  /**
   * `revived`: erased before, and back again, for example after a restored backup. `unfinished`: forgetting the
   * application was begun and not completed.
   */
  state: 'ok' | 'unreadable' | 'revived' | 'forgotten' | 'unfinished';
}

/**
 * One data key an application, wrapped, in a storage. All reject with {@link CodecError}: `KeyStoreUnavailable`,
 * `KeyUnreadable`.
 */
export interface KeyStore {
  /** The application's key, created unless it exists: concurrent calls get the same. `KeyForgotten`. */
  create(applicationId: string): Promise<DataKey>;
  /** Never makes one. */
  get(applicationId: string): Promise<KeyFound>;
  /**
   * Records that the application is to be forgotten: from now on `create` is refused, and the key can still decrypt what
   * forgetting needs. Resolves with the current request: the earlier one if there is one.
   */
  requestErasure(applicationId: string, request: Tombstone): Promise<Tombstone>;
  /**
   * Records who erased it, then removes the key with all its versions. Safe to repeat; resolves with the tombstone that
   * stands, which is an earlier one if there is.
   */
  erase(applicationId: string, tombstone: Tombstone): Promise<Tombstone>;
  /** Removes the request, once everything of the application is gone. Safe to repeat. */
  completeErasure(applicationId: string): Promise<void>;
  tombstone(applicationId: string): Promise<Tombstone | undefined>;
  /** A request that was not completed yet. */
  erasureRequest(applicationId: string): Promise<Tombstone | undefined>;
  /** Wraps the key again for today's recipients. `missing`: it does not exist. */
  rotate(applicationId: string): Promise<'rotated' | 'missing'>;
  /** The applications that have a key. */
  list(): AsyncIterable<string>;
  /** Every application that has a key or a tombstone. */
  check(): AsyncIterable<KeyCheck>;
  /** True if the store has no keys and no tombstones, which is expected only before the first candidate. */
  isEmpty(): Promise<boolean>;
  /** Rejects with what the storage lacks. */
  tryOut(): Promise<void>;
  close(): void;
}

const record = z.looseObject({
  v: z.literal(1),
  applicationId: z.string(),
  keyId: z.string().regex(/^[0-9a-f]{16}$/),
  /** Base64. */
  key: z.string(),
});
const tombstoneRecord = z.looseObject({ at: z.string(), by: z.string(), reason: z.string() });

const generationPattern = /^[1-9][0-9]{0,8}$/;

const largest = 64 * 1024;
const keysPrefix = 'keys/';
const tombstonesPrefix = 'tombstones/';
const requestsPrefix = 'forgetting/';

/**
 * The key of an application is the object `keys/{applicationId}/{generation}`: the highest generation counts, and each
 * rotation adds one before it removes the others. Objects never change, so that no writer can lose another one's.
 */
export function createKeyStore(storage: Storage, wrapper: KeyWrapper): KeyStore {
  const available = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (error) {
      if (error instanceof CodecError) throw error;
      // A KMS has errors of its own; any of them may pass, and none may end a worker.
      const what = error instanceof StorageError ? error.type : nameOfError(error);
      throw new CodecError('KeyStoreUnavailable', `the key store cannot be used (${what})`, { cause: error });
    }
  };

  const generations = async (applicationId: string): Promise<number[]> => {
    const prefix = `${keysPrefix}${applicationId}/`;
    const found: number[] = [];
    for await (const { key } of storage.list(prefix)) {
      const name = key.slice(prefix.length);
      if (generationPattern.test(name)) found.push(Number(name));
    }
    return found.toSorted((one, other) => one - other);
  };

  const readKey = async (applicationId: string, generation: number): Promise<DataKey | undefined> => {
    const wrapped = await readObject(storage, nameOf(applicationId, generation), largest);
    return wrapped && opened(applicationId, wrapped, wrapper);
  };

  const latest = async (applicationId: string): Promise<DataKey | undefined> => {
    // A rotation may remove the one that was listed.
    for (let tries = 0; tries < 10; tries += 1) {
      const generation = (await generations(applicationId)).at(-1);
      if (generation === undefined) return undefined;
      const key = await readKey(applicationId, generation);
      if (key) return key;
    }
    throw new CodecError('KeyStoreUnavailable', `${applicationId}: the key changes while it is read`);
  };

  const removeAll = async (applicationId: string): Promise<void> => {
    for await (const { key } of storage.list(`${keysPrefix}${applicationId}/`, { leftovers: true })) {
      await storage.delete(key);
    }
  };

  const recordOf = async (prefix: string, applicationId: string): Promise<Tombstone | undefined> => {
    const bytes = await readObject(storage, `${prefix}${applicationId}`, largest);
    if (!bytes) return undefined;
    const { data } = tombstoneRecord.safeParse(jsonOf(bytes));
    if (data) return { at: data.at, by: data.by, reason: data.reason };
    throw new CodecError(
      'KeyUnreadable',
      `${applicationId}: the object ${prefix}${applicationId} of the key store holds something else`,
    );
  };
  const tombstoneOf = (applicationId: string) => recordOf(tombstonesPrefix, applicationId);
  const requestOf = (applicationId: string) => recordOf(requestsPrefix, applicationId);

  const refuseRequested = async (applicationId: string): Promise<void> => {
    const request = await requestOf(applicationId);
    if (!request) return;
    throw new CodecError('KeyForgotten', `${applicationId} is being forgotten since ${request.at}`);
  };

  /** After a key is written, checks whether it was erased in the meantime, and if so removes it again. */
  const refuseForgotten = async (applicationId: string): Promise<void> => {
    if (!(await tombstoneOf(applicationId))) return;
    await removeAll(applicationId);
    throw new CodecError('KeyForgotten', `${applicationId} was forgotten, and takes no new key`);
  };

  return {
    create: (applicationId) =>
      available(async () => {
        if (await tombstoneOf(applicationId)) await refuseForgotten(applicationId);
        await refuseRequested(applicationId);
        const there = await latest(applicationId);
        if (there) return there;
        const made: DataKey = { keyId: randomBytes(8).toString('hex'), bytes: randomBytes(32) };
        const first = nameOf(applicationId, 1);
        const result = await storage.putIfAbsent(first, await wrap(applicationId, made, wrapper));
        await refuseForgotten(applicationId);
        await refuseRequested(applicationId).catch(async (error: unknown) => {
          // Nothing is encrypted with it yet.
          if (result === 'stored') await storage.delete(first);
          throw error;
        });
        if (result === 'stored' && (await generations(applicationId)).at(-1) === 1) return made;
        // Another process's key was there, and has been rotated since.
        if (result === 'stored') await storage.delete(first);
        const theirs = await latest(applicationId);
        if (theirs) return theirs;
        throw new CodecError(
          'KeyStoreUnavailable',
          `${applicationId}: the key was removed while it was made`,
        );
      }),
    get: (applicationId) =>
      available(async () => {
        const tombstone = await tombstoneOf(applicationId);
        if (tombstone) return { kind: 'forgotten', tombstone };
        const key = await latest(applicationId);
        return key ? { kind: 'found', key } : { kind: 'missing' };
      }),
    requestErasure: (applicationId, request) =>
      available(async () => {
        await storage.putIfAbsent(`${requestsPrefix}${applicationId}`, recordBytes(request));
        // One that cannot be read must not keep the application from being forgotten.
        return (await requestOf(applicationId).catch(ignoreUnreadable)) ?? request;
      }),
    erase: (applicationId, tombstone) =>
      available(async () => {
        await storage.putIfAbsent(`${tombstonesPrefix}${applicationId}`, recordBytes(tombstone));
        await removeAll(applicationId);
        return (await tombstoneOf(applicationId).catch(ignoreUnreadable)) ?? tombstone;
      }),
    completeErasure: (applicationId) =>
      available(async () => {
        await storage.delete(`${requestsPrefix}${applicationId}`);
      }),
    tombstone: (applicationId) => available(() => tombstoneOf(applicationId)),
    erasureRequest: (applicationId) => available(() => requestOf(applicationId)),
    rotate: (applicationId) =>
      available(async () => {
        // Another rotation may store its generation first, wrapped for other recipients, or remove the one that was read.
        for (let tries = 0; tries < 10; tries += 1) {
          const before = await generations(applicationId);
          const last = before.at(-1);
          if (last === undefined) return 'missing';
          const key = await readKey(applicationId, last);
          if (!key) continue;
          const bytes = await wrap(applicationId, key, wrapper);
          const result = await storage.putIfAbsent(nameOf(applicationId, last + 1), bytes);
          await refuseForgotten(applicationId);
          const isNewest = (await generations(applicationId)).at(-1) === last + 1;
          if (result === 'exists' || !isNewest) continue;
          for (const generation of before) await storage.delete(nameOf(applicationId, generation));
          return 'rotated';
        }
        throw new CodecError('KeyStoreUnavailable', `${applicationId}: the key changes while it is rotated`);
      }),
    async *list() {
      let before = '';
      for await (const { key } of storage.list(keysPrefix)) {
        const applicationId = key.slice(keysPrefix.length).split('/')[0] ?? '';
        if (applicationId !== before && applicationIdSchema.safeParse(applicationId).success)
          yield applicationId;
        before = applicationId;
      }
    },
    async *check() {
      const forgotten = await namesBelow(storage, tombstonesPrefix);
      const unfinished = await namesBelow(storage, requestsPrefix);
      const kept = new Set<string>();
      for await (const applicationId of this.list()) {
        kept.add(applicationId);
        if (unfinished.has(applicationId)) yield { applicationId, state: 'unfinished' };
        else if (forgotten.has(applicationId)) yield { applicationId, state: 'revived' };
        else
          yield {
            applicationId,
            state: (await isReadable(() => latest(applicationId))) ? 'ok' : 'unreadable',
          };
      }
      for (const applicationId of new Set([...forgotten, ...unfinished])) {
        if (kept.has(applicationId)) continue;
        yield { applicationId, state: unfinished.has(applicationId) ? 'unfinished' : 'forgotten' };
      }
    },
    isEmpty: () =>
      available(async () => {
        for (const prefix of [keysPrefix, tombstonesPrefix, requestsPrefix]) {
          const { done } = await storage.list(prefix)[Symbol.asyncIterator]().next();
          if (!done) return false;
        }
        return true;
      }),
    tryOut: () =>
      available(async () => {
        await storage.tryOut();
      }),
    close: () => {
      storage.close();
    },
  };
}

async function namesBelow(storage: Storage, prefix: string): Promise<Set<string>> {
  const names = new Set<string>();
  for await (const { key } of storage.list(prefix)) names.add(key.slice(prefix.length));
  return names;
}

function recordBytes(tombstone: Tombstone): Uint8Array {
  return Buffer.from(JSON.stringify({ v: 1, ...tombstone }));
}

function nameOf(applicationId: string, generation: number): string {
  return `${keysPrefix}${applicationId}/${generation}`;
}

function nameOfError(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown error';
}

async function isReadable(read: () => Promise<unknown>): Promise<boolean> {
  try {
    await read();
    return true;
  } catch (error) {
    if (error instanceof CodecError && error.type === 'KeyUnreadable') return false;
    throw error;
  }
}

async function wrap(applicationId: string, key: DataKey, wrapper: KeyWrapper): Promise<Uint8Array> {
  const { keyId, bytes } = key;
  const text = JSON.stringify({ v: 1, applicationId, keyId, key: Buffer.from(bytes).toString('base64') });
  return wrapper.wrap(Buffer.from(text));
}

/** The application is in the wrapped part too, so that a store cannot give one application's key for another one's. */
async function opened(applicationId: string, bytes: Uint8Array, wrapper: KeyWrapper): Promise<DataKey> {
  const text = await wrapper.unwrap(bytes).catch((error: unknown) => {
    if (!(error instanceof CodecError)) throw error;
    throw new CodecError('KeyUnreadable', `${applicationId}: no identity opens its key`, { cause: error });
  });
  const parsed = record.safeParse(jsonOf(text));
  const key = parsed.data && Buffer.from(parsed.data.key, 'base64');
  if (parsed.data?.applicationId === applicationId && key?.byteLength === 32) {
    return { keyId: parsed.data.keyId, bytes: key };
  }
  throw new CodecError('KeyUnreadable', `${applicationId}: the object of its key holds something else`);
}

function jsonOf(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString());
  } catch {
    return undefined;
  }
}
