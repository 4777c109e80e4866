import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  openArchive,
  readArchived,
  type Stray,
  surveyArchive,
  type Surveyed,
} from '../../src/archive/index.ts';
import { deleteImages, holdImages } from '../../src/archive/delete.ts';
import { encrypterFor } from '../../src/archive/keys.ts';
import { storeImages } from '../../src/archive/store.ts';
import { parseLimits } from '../../src/archive/zip/limits.ts';
import { openStorage, type Storage, StorageError } from '../../src/storage/index.ts';
import { archiveFixture, because, type Fixture, keysIn, ref, second } from './fixture.ts';
import { goodZip, paths } from './zips.ts';

const zip = await goodZip({ [paths.front]: Buffer.from('front'), [paths.back]: Buffer.from('back') });
const prefix = `${ref.applicationId}/${ref.evaluationId}/`;
const now = () => new Date();
const later = () => new Date(Date.now() + 3_600_000);

async function archived(): Promise<Fixture> {
  const fixture = await archiveFixture();
  await fixture.archive.store({ ...ref, zip });
  await fixture.archive.store({ ...second, zip });
  return fixture;
}

/** The storage, with something that happens just before one verb is called for a key that matches. */
function before(
  storage: Storage,
  verb: 'putIfAbsent' | 'delete',
  key: RegExp,
  happens: () => Promise<unknown>,
): Storage {
  let done = false;
  const first = async (called: string) => {
    if (done || !key.test(called)) return;
    done = true;
    await happens();
  };
  return {
    ...storage,
    ...(verb === 'putIfAbsent'
      ? { putIfAbsent: async (called, body) => (await first(called), storage.putIfAbsent(called, body)) }
      : { delete: async (called) => (await first(called), storage.delete(called)) }),
  } satisfies Storage;
}

/** The storage, whose n-th call of one verb for a key that matches fails. */
function failingAt(
  storage: Storage,
  verb: 'get' | 'delete',
  key: RegExp,
  nth: number,
  error: Error = new Error('503'),
): Storage {
  let calls = 0;
  const refuses = (called: string) => key.test(called) && (calls += 1) === nth;
  return {
    ...storage,
    ...(verb === 'get'
      ? { get: (called) => (refuses(called) ? Promise.reject(error) : storage.get(called)) }
      : { delete: (called) => (refuses(called) ? Promise.reject(error) : storage.delete(called)) }),
  } satisfies Storage;
}

describe('remove', () => {
  test('deletes one evaluation, verifies it, and leaves a record that says who, why and when', async () => {
    const { archive, storage } = await archived();
    const { removed, verifiedAt } = await archive.remove(ref, because);
    expect(removed).toBe(3);
    expect(verifiedAt.getTime()).toBeLessThanOrEqual(Date.now());
    expect((await keysIn(storage)).filter((key) => key.startsWith(prefix))).toEqual([
      `${prefix}deleted.json`,
    ]);
    const { deleted, manifest } = await readArchived(storage, ref);
    expect(manifest).toBeUndefined();
    expect(deleted).toMatchObject({ ...ref, ...because, objects: 3, archivedAt: expect.any(String) });
    expect(await archive.find(second)).toMatchObject({ kind: 'archived' });
  });

  test('can be repeated, and keeps its first record', async () => {
    const { archive, root } = await archived();
    await archive.remove(ref, because);
    const record = await readFile(join(root, prefix, 'deleted.json'), 'utf8');
    expect(await archive.remove(ref, { by: 'somebody', reason: 'else' })).toMatchObject({ removed: 0 });
    expect(await readFile(join(root, prefix, 'deleted.json'), 'utf8')).toBe(record);
  });

  test('takes what others put beside the images, whatever its name', async () => {
    const { archive, storage, root } = await archived();
    const { manifest } = await readArchived(storage, ref);
    for (const name of ['.DS_Store', 'Scan 1.pdf', `${manifest?.run}/Pässe (2).zip`]) {
      await writeFile(join(root, prefix, name), 'x');
    }
    expect(await archive.remove(ref, because)).toMatchObject({ removed: 6 });
    expect((await keysIn(storage)).filter((key) => key.startsWith(prefix))).toEqual([
      `${prefix}deleted.json`,
    ]);
  });

  test('takes nothing there as deleted', async () => {
    const { archive } = await archiveFixture();
    expect(await archive.remove(ref, because)).toMatchObject({ removed: 0 });
  });

  test('refuses an archive that has nothing of what was archived, and takes one with the record of the deletion', async () => {
    const { archive, storage } = await archiveFixture();
    const expected = { archived: true };
    await expect(archive.remove(ref, because, expected)).rejects.toMatchObject({ type: 'ArchiveUnsafe' });
    // A record would let the next attempt pass.
    expect(await keysIn(storage)).toEqual([]);
    await archive.store({ ...ref, zip });
    expect(await archive.remove(ref, because, expected)).toMatchObject({ removed: 3 });
    expect(await archive.remove(ref, because, expected)).toMatchObject({ removed: 0 });
  });

  test('after it nothing is stored again: not by a retry, and not by a run that was under way', async () => {
    const { archive, storage, url, recipient } = await archived();
    await archive.remove(ref, because);
    expect(await archive.find(ref)).toEqual({ kind: 'deleted' });
    expect(await archive.store({ ...ref, zip })).toEqual({ kind: 'deleted' });

    const fresh = { applicationId: 'app-1', evaluationId: 'app-1~0a1b2c3d~document_verification~1' };
    const meanwhile = openArchive({ url, recipients: [recipient] });
    const slow = before(storage, 'putIfAbsent', /manifest\.json$/, () => meanwhile.remove(fresh, because));
    const parts = {
      storage: slow,
      encrypt: encrypterFor([recipient]),
      recipients: [],
      limits: parseLimits({}),
      now,
    };
    expect(await storeImages(parts, { ...fresh, zip })).toEqual({ kind: 'deleted' });
    expect((await keysIn(storage)).filter((key) => key.startsWith('app-1/'))).toEqual([
      `app-1/${fresh.evaluationId}/deleted.json`,
    ]);
  });

  test.each([1, 2, 3])('interrupted at its %s. deletion, it is finished by the next one', async (nth) => {
    const { archive, storage } = await archived();
    let deletions = 0;
    const failing: Storage = {
      ...storage,
      delete: (key) => {
        deletions += 1;
        return deletions === nth ? Promise.reject(new Error('killed')) : storage.delete(key);
      },
    };
    await expect(deleteImages({ storage: failing, now }, ref, because)).rejects.toThrow('killed');
    expect(await archive.find(ref)).toEqual({ kind: 'deleted' });
    expect((await archive.remove(ref, because)).removed).toBe(3 - nth + 1);
  });
});

describe('a hold', () => {
  test('forbids the deletion until it is released, and both are recorded with who and why', async () => {
    const { archive, storage } = await archived();
    const hold = await archive.hold(ref, { by: 'Legal', reason: 'case 7' });
    expect(hold).toMatchObject({ by: 'Legal', reason: 'case 7', since: expect.any(String) });
    expect(await archive.hold(ref, { by: 'Other', reason: 'case 8' })).toEqual(hold);
    const keys = await keysIn(storage);
    await expect(archive.remove(ref, because)).rejects.toMatchObject({ type: 'ArchiveHeld' });
    expect(await keysIn(storage)).toEqual(keys);
    expect(await archive.release(ref, { by: 'Judge', reason: 'settled' })).toBe(true);
    expect(await archive.release(ref, { by: 'Judge', reason: 'settled' })).toBe(false);
    await archive.remove(ref, because);
    const { deleted } = await readArchived(storage, ref);
    expect(deleted?.releases).toMatchObject([{ hold, by: 'Judge', reason: 'settled' }]);
  });

  test('that comes while a deletion begins wins or is refused: never both, never neither', async () => {
    const { archive, storage } = await archived();
    const held = before(storage, 'putIfAbsent', /deleted\.json$/, () => archive.hold(ref, because));
    await expect(deleteImages({ storage: held, now }, ref, because)).rejects.toMatchObject({
      type: 'ArchiveHeld',
    });
    expect(await archive.find(ref)).toMatchObject({ kind: 'archived' });

    await archive.release(ref, because);
    const deleting = before(storage, 'putIfAbsent', /hold\.json$/, () => archive.remove(ref, because));
    await expect(holdImages({ storage: deleting, now }, ref, because)).rejects.toMatchObject({
      type: 'ArchiveDeleted',
    });
    expect(await archive.find(ref)).toEqual({ kind: 'deleted' });
  });

  test('that cannot be looked at does not undo the record of a deletion, of this one or an earlier one', async () => {
    const { archive, storage } = await archived();
    const blind = () => failingAt(storage, 'get', /hold\.json$/, 2);
    await expect(deleteImages({ storage: blind(), now }, ref, because)).rejects.toThrow('503');
    expect(await archive.find(ref)).toEqual({ kind: 'deleted' });
    await archive.remove(ref, because);
    await expect(deleteImages({ storage: blind(), now }, ref, because)).rejects.toThrow('503');
    expect(await archive.find(ref)).toEqual({ kind: 'deleted' });
  });

  test('beside the record of a killed deletion that removed nothing wins, once that cannot be under way', async () => {
    const { archive, storage } = await archived();
    const killed = failingAt(
      before(storage, 'putIfAbsent', /deleted\.json$/, () => archive.hold(ref, because)),
      'get',
      /hold\.json$/,
      2,
    );
    await expect(deleteImages({ storage: killed, now }, ref, because)).rejects.toThrow('503');
    const held = { type: 'ArchiveHeld', message: expect.stringContaining('nothing was deleted') };
    await expect(archive.remove(ref, because)).rejects.toMatchObject(held);
    expect(await archive.find(ref)).toEqual({ kind: 'deleted' });
    await expect(deleteImages({ storage, now: later }, ref, because)).rejects.toMatchObject(held);
    expect(await archive.find(ref)).toMatchObject({ kind: 'archived' });
    expect(await archive.hold(ref, because)).toMatchObject(because);
  });

  test('of the storage that comes halfway keeps the record, and says that not everything was deleted', async () => {
    const { archive, storage } = await archived();
    const halfway = failingAt(storage, 'delete', /./, 2, new StorageError('StorageHeld', 'locked'));
    const held = { type: 'ArchiveHeld', message: expect.stringContaining('not everything was deleted') };
    await expect(deleteImages({ storage: halfway, now }, ref, because)).rejects.toMatchObject(held);
    const locked: Storage = { ...storage, held: () => Promise.resolve(true) };
    await expect(deleteImages({ storage: locked, now: later }, ref, because)).rejects.toMatchObject(held);
    expect(await archive.find(ref)).toEqual({ kind: 'deleted' });
  });

  test('of the storage itself forbids the deletion, and nothing is removed', async () => {
    const { archive, storage } = await archived();
    const locked: Storage = { ...storage, held: (key) => Promise.resolve(key.endsWith('.age')) };
    const keys = await keysIn(storage);
    await expect(deleteImages({ storage: locked, now }, ref, because)).rejects.toMatchObject({
      type: 'ArchiveHeld',
      hold: undefined,
    });
    expect(await keysIn(storage)).toEqual(keys);
    expect(await archive.find(ref)).toMatchObject({ kind: 'archived' });
  });
});

test('the survey tells what each manifest accounts for, and what nothing does', async () => {
  const { archive, storage, url } = await archived();
  await archive.remove(second, because);
  const strays = openStorage(url);
  await strays.putIfAbsent('somebody/else', Buffer.from('x'));
  await strays.putIfAbsent(`${prefix}0123456789abcdef/selfie-1.jpg.age`, Buffer.from('killed'));
  await strays.putIfAbsent(
    `${second.applicationId}/${second.evaluationId}/manifest.json.bak`,
    Buffer.from('x'),
  );
  const found: Surveyed[] = [];
  const stray: Stray[] = [];
  for await (const each of surveyArchive(storage)) {
    if ('objects' in each) found.push(each);
    else stray.push(each);
  }
  expect(stray).toMatchObject([{ key: 'somebody/else', bytes: 1 }]);
  expect(found).toMatchObject([
    { ...ref, objects: 4, manifest: { files: { length: 2 } }, unaccounted: { length: 1 } },
    { ...second, deleted: because, manifest: undefined, unaccounted: { length: 1 } },
  ]);
  expect(found[0]?.unaccounted[0]?.key).toBe(`${prefix}0123456789abcdef/selfie-1.jpg.age`);
});
