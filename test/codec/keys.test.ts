import { webcrypto } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { generateHybridIdentity, identityToRecipient } from 'age-encryption';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  ageWrapper,
  cachedKeys,
  CodecError,
  createKeyStore,
  createPayloadIdentity,
  type KeyFound,
  type KeyStore,
  type KeyWrapper,
  labelOf,
  open,
  patientKeys,
  seal,
} from '../../src/codec/index.ts';
import { openStorage, type Storage, StorageError } from '../../src/storage/index.ts';

let folder: string;
let storage: Storage;
let wrapper: KeyWrapper;
let store: KeyStore;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-keys-'));
  storage = openStorage(pathToFileURL(folder).href);
  const { identity, recipient } = await createPayloadIdentity();
  wrapper = ageWrapper([recipient], identity);
  store = createKeyStore(storage, wrapper);
});
afterEach(() => rm(folder, { recursive: true }));

const tombstone = { at: '2026-01-02T03:04:05.000Z', by: 'officer', reason: 'request of the candidate' };

async function keyOf(of: KeyStore, applicationId: string) {
  const found = await of.get(applicationId);
  if (found.kind !== 'found') throw new Error(`the key is ${found.kind}`);
  return found.key;
}

async function problemOf(work: Promise<unknown>): Promise<string> {
  return work.then(
    () => 'none',
    (error: unknown) => {
      if (error instanceof CodecError) return error.type;
      throw error;
    },
  );
}

function problemOfOpening(work: () => unknown): string {
  try {
    work();
    return 'none';
  } catch (error) {
    return error instanceof CodecError ? error.type : String(error);
  }
}

async function* chunksOf(body: Buffer): AsyncGenerator<Uint8Array> {
  yield body;
}

async function keysOf(): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of storage.list('')) keys.push(key);
  return keys;
}

/** The same storage, whose call number `at` of those that change something fails, before or after it was done. */
function failing(at: number, when: 'before' | 'after'): Storage {
  let calls = 0;
  const step = async <T>(work: () => Promise<T>): Promise<T> => {
    calls += 1;
    const fails = calls === at;
    if (fails && when === 'before') throw new StorageError('StorageUnavailable', 'gone');
    const result = await work();
    if (fails) throw new StorageError('StorageUnavailable', 'gone');
    return result;
  };
  return {
    ...storage,
    putIfAbsent: (key, body) => step(() => storage.putIfAbsent(key, body)),
    delete: (key) => step(() => storage.delete(key)),
  };
}

/** Every step that a call takes, interrupted before and after it. */
const interruptions = [1, 2, 3, 4].flatMap((at) =>
  (['before', 'after'] as const).map((when) => [at, when] as const),
);

test('a store is empty until its first key, and never again, even if that key is erased', async () => {
  expect(await store.isEmpty()).toBe(true);
  await store.create('app-1');
  expect(await store.isEmpty()).toBe(false);
  await store.erase('app-1', tombstone);
  expect(await store.isEmpty()).toBe(false);
});

describe('a key', () => {
  test('is made once, and found again', async () => {
    expect(await store.get('app-1')).toEqual({ kind: 'missing' });
    const made = await store.create('app-1');
    expect(made.bytes).toHaveLength(32);
    expect(await store.create('app-1')).toEqual(made);
    expect(await keyOf(store, 'app-1')).toEqual(made);
    expect((await store.create('app-2')).keyId).not.toBe(made.keyId);
  });

  test('of twenty starters at once is one', async () => {
    const stores = Array.from({ length: 20 }, () => createKeyStore(storage, wrapper));
    const made = await Promise.all(stores.map((one) => one.create('app-1')));
    expect(new Set(made.map(({ keyId }) => keyId)).size).toBe(1);
    expect(await keysOf()).toEqual(['keys/app-1/1']);
  });

  test('is not made by looking for it', async () => {
    await store.get('app-1');
    expect(await keysOf()).toEqual([]);
  });

  test('is not stored in clear', async () => {
    const { bytes, keyId } = await store.create('app-1');
    for await (const chunk of (await storage.get('keys/app-1/1')) ?? []) {
      expect(Buffer.from(chunk).includes(Buffer.from(bytes))).toBe(false);
      expect(Buffer.from(chunk).includes(Buffer.from(bytes).toString('base64'))).toBe(false);
      expect(Buffer.from(chunk).includes(keyId)).toBe(false);
    }
  });

  test('of another application in its place is refused', async () => {
    await store.create('app-1');
    const stolen: Uint8Array[] = [];
    for await (const chunk of (await storage.get('keys/app-1/1')) ?? []) stolen.push(chunk);
    await storage.putIfAbsent('keys/app-2/1', Buffer.concat(stolen));
    expect(await problemOf(store.get('app-2'))).toBe('KeyUnreadable');
    expect(await problemOf(store.create('app-2'))).toBe('KeyUnreadable');
  });

  test.each([
    ['nothing', ''],
    ['text', 'hello'],
    ['zeros', '\0'.repeat(400)],
  ])('object that holds %s is refused', async (_, content) => {
    await storage.putIfAbsent('keys/app-1/1', Buffer.from(content));
    expect(await problemOf(store.get('app-1'))).toBe('KeyUnreadable');
  });

  test('whose object was changed in any place, or cut, is refused by name', async () => {
    await store.create('app-1');
    const bytes: Uint8Array[] = [];
    for await (const chunk of (await storage.get('keys/app-1/1')) ?? []) bytes.push(chunk);
    const whole = Buffer.concat(bytes);
    const lying = (body: Buffer) =>
      createKeyStore(
        { ...storage, get: async (key) => (key.startsWith('keys/') ? chunksOf(body) : storage.get(key)) },
        wrapper,
      );
    for (let at = 0; at < whole.byteLength; at += 7) {
      const changed = Buffer.from(whole);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(await problemOf(lying(changed).get('app-1'))).toBe('KeyUnreadable');
      expect(await problemOf(lying(whole.subarray(0, at)).get('app-1'))).toBe('KeyUnreadable');
    }
  });

  test('of another key under the same name opens nothing that the first one sealed', async () => {
    const first = await store.create('app-1');
    await storage.delete('keys/app-1/1');
    const planted = await store.create('app-1');
    const place = { namespace: 'default', workflowId: 'funnel-app-1' };
    const sealed = seal({ metadata: {}, data: Buffer.from('secret') }, first, place);
    const label = labelOf(sealed);
    if (!label) throw new Error('the payload has no label');
    expect(problemOfOpening(() => open(sealed, label, planted))).toBe('PayloadTampered');
  });

  test.each<[string, (honest: Storage) => Partial<Storage>]>([
    ['says that it stored what it lost', () => ({ putIfAbsent: () => Promise.resolve('stored') })],
    ['says that there is what is not', () => ({ putIfAbsent: () => Promise.resolve('exists') })],
    [
      'lists what it does not have',
      () => ({
        list: async function* (prefix) {
          yield { key: `${prefix}1`, bytes: 10, modifiedAt: new Date(0), leftover: false };
        },
      }),
    ],
  ])('of a store that %s is none: nothing is encrypted with it', async (_, lie) => {
    const lying = createKeyStore({ ...storage, ...lie(storage) }, wrapper);
    expect(await problemOf(lying.create('app-1'))).toBe('KeyStoreUnavailable');
    expect(await keysOf()).toEqual([]);
  });

  test.each(['1e3', '0x10', '-1', '01'])('is found beside a foreign object called %s', async (name) => {
    const made = await store.create('app-1');
    await storage.putIfAbsent(`keys/app-1/${name}`, Buffer.from('x'));
    expect(await keyOf(store, 'app-1')).toEqual(made);
  });

  test('whose wrapper fails in words of its own, as a KMS does, is unavailable for now', async () => {
    await store.create('app-1');
    const kms: KeyWrapper = { ...wrapper, unwrap: () => Promise.reject(new Error('ThrottlingException')) };
    expect(await problemOf(createKeyStore(storage, kms).get('app-1'))).toBe('KeyStoreUnavailable');
  });

  test('that no identity opens is named, and no second one is made', async () => {
    await store.create('app-1');
    const stranger = await createPayloadIdentity();
    const other = createKeyStore(storage, ageWrapper([stranger.recipient], stranger.identity));
    expect(await problemOf(other.get('app-1'))).toBe('KeyUnreadable');
    expect(await problemOf(other.create('app-1'))).toBe('KeyUnreadable');
    expect(await keysOf()).toEqual(['keys/app-1/1']);
  });

  test('is opened by any of several identities, of each kind that age knows', async () => {
    const hybrid = await generateHybridIdentity();
    const [one, other] = [await createPayloadIdentity(), await createPayloadIdentity()];
    const file = ['# three keys', one.identity, hybrid, other.identity].join('\n');
    for (const recipient of [one.recipient, await identityToRecipient(hybrid), other.recipient]) {
      const { wrap, unwrap } = ageWrapper([recipient], file);
      expect(Buffer.from(await unwrap(await wrap(Buffer.from('a key')))).toString()).toBe('a key');
    }
  });

  test('is opened where WebCrypto has no X25519', async () => {
    const { identity, recipient } = await createPayloadIdentity();
    vi.spyOn(webcrypto.subtle, 'importKey').mockRejectedValue(new DOMException('none', 'NotSupportedError'));
    const { wrap, unwrap } = ageWrapper([recipient], identity);
    expect(Buffer.from(await unwrap(await wrap(Buffer.from('a key')))).toString()).toBe('a key');
  });

  test('is not opened when its wrapped form was changed or cut, or is too long to be a key', async () => {
    const { identity, recipient } = await createPayloadIdentity();
    const { wrap, unwrap } = ageWrapper([recipient], identity);
    const wrapped = Buffer.from(await wrap(Buffer.from('a key')));
    for (let at = 0; at < wrapped.byteLength; at += 1) {
      const changed = Buffer.from(wrapped);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      expect(await problemOf(unwrap(changed))).toBe('KeyUnreadable');
      expect(await problemOf(unwrap(wrapped.subarray(0, at)))).toBe('KeyUnreadable');
    }
    expect(await problemOf(unwrap(Buffer.concat([wrapped, Buffer.alloc(1)])))).toBe('KeyUnreadable');
    const long = await wrap(Buffer.alloc(64 * 1024 + 1));
    expect(await problemOf(unwrap(long))).toBe('KeyUnreadable');
    const whole = await wrap(Buffer.alloc(64 * 1024));
    expect((await unwrap(whole)).byteLength).toBe(64 * 1024);
  });

  test('of a store that is down is none, and is there when the store is back', async () => {
    const made = await store.create('app-1');
    const down: Storage = {
      ...storage,
      get: () => Promise.reject(new StorageError('StorageUnavailable', 'no answer')),
    };
    expect(await problemOf(createKeyStore(down, wrapper).get('app-1'))).toBe('KeyStoreUnavailable');
    expect(await problemOf(createKeyStore(down, wrapper).create('app-1'))).toBe('KeyStoreUnavailable');
    expect(await keyOf(store, 'app-1')).toEqual(made);
  });
});

describe('rotation', () => {
  async function rotatable() {
    const made = await store.create('app-1');
    const next = await createPayloadIdentity();
    const both = async (on: Storage) =>
      createKeyStore(on, { wrap: ageWrapper([next.recipient]).wrap, unwrap: wrapper.unwrap });
    return { made, both, after: createKeyStore(storage, ageWrapper([next.recipient], next.identity)) };
  }

  test('lets the new identity open the same key, and the old one no more', async () => {
    const { made, both, after } = await rotatable();
    expect(await (await both(storage)).rotate('app-1')).toBe('rotated');
    expect(await keyOf(after, 'app-1')).toEqual(made);
    expect(await problemOf(store.get('app-1'))).toBe('KeyUnreadable');
    expect(await keysOf()).toEqual(['keys/app-1/2']);
  });

  test.each(interruptions)(
    'interrupted at step %i, %s it, loses nothing and is repeated',
    async (at, when) => {
      const { made, both, after } = await rotatable();
      await (await both(failing(at, when))).rotate('app-1').catch(() => undefined);
      const isThere = [await problemOf(store.get('app-1')), await problemOf(after.get('app-1'))];
      expect(isThere).toContain('none');
      if (isThere[0] === 'none') await (await both(storage)).rotate('app-1');
      expect(await keyOf(after, 'app-1')).toEqual(made);
    },
  );

  test('while others start the same application makes no second key', async () => {
    const { made, after } = await rotatable();
    const next = createKeyStore(storage, { wrap: wrapper.wrap, unwrap: wrapper.unwrap });
    const results = await Promise.all([
      next.rotate('app-1'),
      ...Array.from({ length: 10 }, () => createKeyStore(storage, wrapper).create('app-1')),
    ]);
    expect(results[0]).toBe('rotated');
    for (const result of results.slice(1)) expect(result).toEqual(made);
    expect(await problemOf(after.get('app-1'))).toBe('KeyUnreadable');
  });

  test('that another one overtakes wraps for its own recipients too, and leaves nothing older behind', async () => {
    const { made, both, after } = await rotatable();
    let overtaken = 0;
    const overtaking: Storage = {
      ...storage,
      putIfAbsent: async (key, body) => {
        overtaken += 1;
        if (overtaken <= 2) await store.rotate('app-1');
        return storage.putIfAbsent(key, body);
      },
    };
    expect(await (await both(overtaking)).rotate('app-1')).toBe('rotated');
    expect(await keyOf(after, 'app-1')).toEqual(made);
    expect(await keysOf()).toHaveLength(1);
  });

  test('that was paused while others rotated twice leaves nothing older behind', async () => {
    const { made, both, after } = await rotatable();
    let paused = false;
    const pausing: Storage = {
      ...storage,
      putIfAbsent: async (key, body) => {
        if (!paused) {
          paused = true;
          await store.rotate('app-1');
          await store.rotate('app-1');
        }
        return storage.putIfAbsent(key, body);
      },
    };
    expect(await (await both(pausing)).rotate('app-1')).toBe('rotated');
    expect(await keyOf(after, 'app-1')).toEqual(made);
    expect(await keysOf()).toHaveLength(1);
  });

  test('of an application without a key makes none', async () => {
    expect(await store.rotate('app-1')).toBe('missing');
    expect(await keysOf()).toEqual([]);
  });
});

describe('a request to forget', () => {
  test('refuses a new start, and leaves the key readable until it is erased', async () => {
    const key = await store.create('app-1');
    expect(await store.requestErasure('app-1', tombstone)).toEqual(tombstone);
    expect(await problemOf(store.create('app-1'))).toBe('KeyForgotten');
    expect(await keyOf(store, 'app-1')).toEqual(key);
    expect(await store.erasureRequest('app-1')).toEqual(tombstone);
  });

  test('keeps the first who asked, and is gone when it is completed', async () => {
    await store.requestErasure('app-1', tombstone);
    expect(await store.requestErasure('app-1', { ...tombstone, by: 'somebody later' })).toEqual(tombstone);
    await store.completeErasure('app-1');
    await store.completeErasure('app-1');
    expect(await keysOf()).toEqual([]);
  });

  test('takes back a key that a start made meanwhile', async () => {
    const slow: Storage = {
      ...storage,
      putIfAbsent: async (key, body) => {
        if (key.startsWith('keys/')) await store.requestErasure('app-1', tombstone);
        return storage.putIfAbsent(key, body);
      },
    };
    expect(await problemOf(createKeyStore(slow, wrapper).create('app-1'))).toBe('KeyForgotten');
    expect(await keysOf()).toEqual(['forgetting/app-1']);
  });

  test('that cannot be read refuses a start, and does not keep the application from being forgotten', async () => {
    await storage.putIfAbsent('forgetting/app-1', Buffer.from('x'));
    expect(await problemOf(store.create('app-1'))).toBe('KeyUnreadable');
    expect(await store.requestErasure('app-1', tombstone)).toEqual(tombstone);
  });

  test('that was not completed is found', async () => {
    await store.create('begun');
    await store.requestErasure('begun', tombstone);
    await store.requestErasure('erased', tombstone);
    await store.erase('erased', tombstone);
    const found: Record<string, string> = {};
    for await (const { applicationId, state } of store.check()) found[applicationId] = state;
    expect(found).toEqual({ begun: 'unfinished', erased: 'unfinished' });
  });
});

describe('an erased key', () => {
  test('is forgotten: it is not found, not made again, and says who erased it', async () => {
    await store.create('app-1');
    await store.erase('app-1', tombstone);
    expect(await store.get('app-1')).toMatchObject({ kind: 'forgotten', tombstone });
    expect(await problemOf(store.create('app-1'))).toBe('KeyForgotten');
    expect(await keysOf()).toEqual(['tombstones/app-1']);
    await store.erase('app-1', { ...tombstone, by: 'somebody later' });
    expect(await store.tombstone('app-1')).toMatchObject(tombstone);
  });

  test.each(interruptions)('interrupted at step %i, %s it, is erased by repeating it', async (at, when) => {
    await store.create('app-1');
    await createKeyStore(failing(at, when), wrapper)
      .erase('app-1', tombstone)
      .catch(() => undefined);
    await store.erase('app-1', tombstone);
    expect(await keysOf()).toEqual(['tombstones/app-1']);
  });

  test('is not revived by a rotation or a start that began before', async () => {
    await store.create('app-1');
    const slow: Storage = {
      ...storage,
      putIfAbsent: async (key, body) => {
        if (key.startsWith('keys/')) await store.erase('app-1', tombstone);
        return storage.putIfAbsent(key, body);
      },
    };
    expect(await problemOf(createKeyStore(slow, wrapper).rotate('app-1'))).toBe('KeyForgotten');
    expect(await keysOf()).toEqual(['tombstones/app-1']);
    expect(await problemOf(createKeyStore(slow, wrapper).create('app-1'))).toBe('KeyForgotten');
    expect(await keysOf()).toEqual(['tombstones/app-1']);
  });

  test.each([
    ['nothing', ''],
    ['text', 'hello'],
    ['another object', '{"at":1}'],
  ])('is refused by name, and not made again, where its tombstone holds %s', async (_, content) => {
    await store.create('app-1');
    await storage.putIfAbsent('tombstones/app-1', Buffer.from(content));
    expect(await problemOf(store.get('app-1'))).toBe('KeyUnreadable');
    expect(await problemOf(store.create('app-1'))).toBe('KeyUnreadable');
    await store.erase('app-1', tombstone);
    expect(await keysOf()).toEqual(['tombstones/app-1']);
  });

  test('that a restored backup brought back is found', async () => {
    await store.create('revived');
    const backup: Uint8Array[] = [];
    for await (const chunk of (await storage.get('keys/revived/1')) ?? []) backup.push(chunk);
    await store.erase('revived', tombstone);
    await storage.putIfAbsent('keys/revived/1', Buffer.concat(backup));
    await store.create('kept');
    await store.create('erased');
    await store.erase('erased', tombstone);
    await storage.putIfAbsent('keys/broken/1', Buffer.from('x'));
    const found: Record<string, string> = {};
    for await (const { applicationId, state } of store.check()) found[applicationId] = state;
    expect(found).toEqual({ revived: 'revived', kept: 'ok', erased: 'forgotten', broken: 'unreadable' });
    expect((await store.get('revived')).kind).toBe('forgotten');
  });
});

describe('the cache', () => {
  function counting(answer: () => Promise<KeyFound>) {
    let time = 0;
    let reads = 0;
    const keys = cachedKeys(
      {
        get: () => {
          reads += 1;
          return answer();
        },
      },
      () => time,
    );
    return { keys, reads: () => reads, pass: (milliseconds: number) => (time += milliseconds) };
  }
  const key = { keyId: '0123456789abcdef', bytes: new Uint8Array(32) };

  test('shares one read, and forgets a key within a minute', async () => {
    const { keys, reads, pass } = counting(async () => ({ kind: 'found', key }));
    await Promise.all([keys.get('a'), keys.get('a'), keys.get('a')]);
    pass(59_999);
    await keys.get('a');
    expect(reads()).toBe(1);
    pass(1);
    await keys.get('a');
    expect(reads()).toBe(2);
  });

  test('drops a key that nobody asks for again', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    // The clock of `counting` stands still: only a timer can drop the key.
    const { keys, reads } = counting(async () => ({ kind: 'found', key }));
    await keys.get('a');
    await vi.advanceTimersByTimeAsync(59_999);
    await keys.get('a');
    expect(reads()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(vi.getTimerCount()).toBe(0);
    await keys.get('a');
    expect(reads()).toBe(2);
    keys.forget('a');
    expect(vi.getTimerCount()).toBe(0);
  });

  test('answers at once, without a promise, what it remembers', async () => {
    const { keys } = counting(async () => ({ kind: 'found', key }));
    expect(keys.get('a')).toBeInstanceOf(Promise);
    await keys.get('a');
    expect(keys.get('a')).toEqual({ kind: 'found', key });
  });

  test('remembers neither a failure nor a missing key', async () => {
    const failed = counting(() => Promise.reject(new CodecError('KeyStoreUnavailable', 'down')));
    await expect(failed.keys.get('a')).rejects.toThrow('down');
    await expect(failed.keys.get('a')).rejects.toThrow('down');
    expect(failed.reads()).toBe(2);
    const missing = counting(async () => ({ kind: 'missing' }));
    await missing.keys.get('a');
    await missing.keys.get('a');
    expect(missing.reads()).toBe(2);
  });

  test('is bounded', async () => {
    const { keys, reads } = counting(async () => ({ kind: 'found', key }));
    for (let index = 0; index < 3000; index += 1) await keys.get(`app-${index}`);
    await keys.get('app-2999');
    expect(reads()).toBe(3000);
    await keys.get('app-0');
    expect(reads()).toBe(3001);
  });
});

test('patience ends for a read that never does', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const keys = patientKeys({ get: () => new Promise<KeyFound>(() => undefined) });
  const problem = problemOf(Promise.resolve(keys.get('a')));
  await vi.advanceTimersByTimeAsync(60_000);
  expect(vi.getTimerCount()).toBe(0);
  expect(await problem).toBe('KeyStoreUnavailable');
});
