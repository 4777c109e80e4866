import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { claimObject, readObject, type Storage } from '../../src/storage/index.ts';

/** What every storage must do; `open` returns an empty one. */
export function storageContract(open: () => Promise<Storage>): void {
  const mebi = 1024 ** 2;
  const text = (words: string) => Buffer.from(words);

  test('keeps the first of two puts, also of many at once', async () => {
    const storage = await open();
    expect(await storage.putIfAbsent('a/b', text('first'))).toBe('stored');
    expect(await storage.putIfAbsent('a/b', text('second'))).toBe('exists');
    expect(await readObject(storage, 'a/b', 100)).toEqual(text('first'));
    const all = Array.from({ length: 8 }, (_, nth) => storage.putIfAbsent('a/c', text(`writer ${nth}`)));
    const answers = await Promise.all(all);
    expect(answers.filter((answer) => answer === 'stored')).toHaveLength(1);
    expect(await readObject(storage, 'a/c', 100)).toEqual(text(`writer ${answers.indexOf('stored')}`));
  });

  test('returns to everybody who claims a key what the first one stored', async () => {
    const storage = await open();
    const all = await Promise.all(
      Array.from({ length: 6 }, (_, nth) => claimObject(storage, 'keys/app-1', text(`key ${nth}`))),
    );
    expect(new Set(all.map((bytes) => Buffer.from(bytes).toString())).size).toBe(1);
  });

  test('stores streams of any size, whole', async () => {
    const storage = await open();
    for (const [key, size] of [
      ['empty', 0],
      ['small', 1],
      ['large', 20 * mebi + 1],
    ] as const) {
      const bytes = randomBytes(size);
      expect(await storage.putIfAbsent(`s/${key}`, pieces(bytes))).toBe('stored');
      expect((await readObject(storage, `s/${key}`, size))?.length).toBe(size);
      expect(bytes.equals((await readObject(storage, `s/${key}`, size)) ?? text(''))).toBe(true);
    }
    await expect(readObject(storage, 's/large', 10)).rejects.toMatchObject({ type: 'StorageCorrupt' });
  });

  test.each([0, 1, 20])(
    'keeps nothing of a body that fails after %s MiB, and passes its error on',
    async (size) => {
      const storage = await open();
      const mine = new TypeError('mine');
      await expect(storage.putIfAbsent('x/broken', failing(size * mebi, mine))).rejects.toBe(mine);
      expect(await storage.get('x/broken')).toBeUndefined();
      expect(await listed(storage, '')).toEqual([]);
      expect(await storage.putIfAbsent('x/broken', text('whole'))).toBe('stored');
    },
  );

  test('says what is not there, and deletes it without complaint', async () => {
    const storage = await open();
    expect(await storage.get('no/such')).toBeUndefined();
    expect(await storage.delete('no/such')).toBe(0);
    expect(await storage.held('no/such')).toBe(false);
    expect(await listed(storage, 'no/')).toEqual([]);
  });

  test('lists what is below a prefix, by key, and no neighbour', async () => {
    const storage = await open();
    for (const key of ['p/2', 'p/1/x', 'p/10', 'pq/1', 'q']) await storage.putIfAbsent(key, text(key));
    expect((await listed(storage, 'p/')).toSorted()).toEqual(['p/1/x', 'p/10', 'p/2']);
    expect(await listed(storage, '')).toHaveLength(5);
    for await (const { key, bytes, leftover, modifiedAt } of storage.list('pq/', { leftovers: true })) {
      expect({ key, bytes, leftover }).toEqual({ key: 'pq/1', bytes: 4, leftover: false });
      expect(Math.abs(modifiedAt.getTime() - Date.now())).toBeLessThan(3_600_000);
    }
  });

  test('deletes one object alone', async () => {
    const storage = await open();
    for (const key of ['d/1', 'd/10', 'd/1.bak']) await storage.putIfAbsent(key, text(key));
    expect(await storage.delete('d/1')).toBe(1);
    expect((await listed(storage, 'd/')).toSorted()).toEqual(['d/1.bak', 'd/10']);
    expect(await storage.putIfAbsent('d/1', text('again'))).toBe('stored');
  });

  const leadsOut = ['', '/a', 'a/', 'a//b', '../a', 'a/../b', 'a/./b'];
  const foreign = ['.hidden', 'a\\b', 'a b', 'ä', 'x'.repeat(201)];

  test.each([...leadsOut, ...foreign])('refuses the key "%s"', async (key) => {
    const storage = await open();
    expect(() => storage.putIfAbsent(key, text('x'))).toThrow(TypeError);
    expect(() => storage.get(key)).toThrow(TypeError);
  });

  test.each(leadsOut)('does not delete "%s"', async (key) => {
    const storage = await open();
    const unsafe = expect.objectContaining({ type: 'StorageUnsafe' });
    expect(() => storage.delete(key)).toThrow(unsafe);
  });

  test.each(foreign)('deletes what others called "%s"', async (key) => {
    const storage = await open();
    expect(await storage.held(`a/${key}`)).toBe(false);
    expect(await storage.delete(`a/${key}`)).toBe(0);
    expect(await storage.deleteLeftovers(`a/${key}`)).toBe(0);
  });

  test('passes its own trial, which leaves nothing', async () => {
    const storage = await open();
    expect(await storage.tryOut()).toEqual([]);
    expect(await listed(storage, '')).toEqual([]);
  });
}

export async function listed(storage: Storage, prefix: string): Promise<string[]> {
  const keys = [];
  for await (const { key } of storage.list(prefix, { leftovers: true })) keys.push(key);
  return keys;
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 65_536) yield bytes.subarray(at, at + 65_536);
}

async function* failing(size: number, error: Error): AsyncGenerator<Uint8Array> {
  yield* pieces(Buffer.alloc(size));
  throw error;
}
