import { expect, test } from 'vitest';
import { encrypterFor, fingerprintOf } from '../../src/archive/keys.ts';
import { storeImages } from '../../src/archive/store.ts';
import { parseLimits } from '../../src/archive/zip/limits.ts';
import type { Storage } from '../../src/storage/index.ts';
import { applicationId, keysIn, ref, withArchive } from './fixture.ts';
import { goodZip, paths } from './zips.ts';

const front = Buffer.from('front');
const back = Buffer.from('back');
const zip = await goodZip({ [paths.front]: front, [paths.back]: back });
const whole = { 'document_front-1.bin': front, 'document_back-1.bin': back };
const evaluation = `${applicationId}/${ref.evaluationId}`;

/** Fails the n-th call, before or after the storage did it. */
function failing(storage: Storage, nth: number, when: 'before' | 'after') {
  let calls = 0;
  const lost = () => new Error('503');
  const step = async <T>(work: () => Promise<T>): Promise<T> => {
    calls += 1;
    const fails = calls === nth;
    if (fails && when === 'before') throw lost();
    const answer = await work();
    if (fails) throw lost();
    return answer;
  };
  const failingStorage: Storage = {
    ...storage,
    putIfAbsent: (key, body) => step(() => storage.putIfAbsent(key, body)),
    get: (key) => step(() => storage.get(key)),
    delete: (key) => step(() => storage.delete(key)),
    async *list(prefix, options) {
      const objects = await step(async () => {
        const found = [];
        for await (const object of storage.list(prefix, options)) found.push(object);
        return found;
      });
      yield* objects;
    },
  };
  return { storage: failingStorage, hasFailed: () => calls >= nth };
}

test.each(['before', 'after'] as const)(
  'a call that fails %s its work is done never costs a file that the manifest names',
  async (when) => {
    let steps = 0;
    const outcomes = new Set<string>();
    for (let failed = true; failed; steps += 1) {
      failed = await withArchive({}, async ({ archive, storage, recipient, opened }) => {
        // A killed run's file, so that removing it is one of the calls.
        await storage.putIfAbsent(`${evaluation}/0123456789abcdef/selfie-1.jpg.age`, front);
        const interrupted = failing(storage, steps + 1, when);
        const parts = {
          storage: interrupted.storage,
          encrypt: encrypterFor([recipient]),
          recipients: [fingerprintOf(recipient)],
          limits: parseLimits({}),
          now: () => new Date(),
        };
        const stored = await storeImages(parts, { ...ref, zip }).catch(() => undefined);
        // An answer is never better than what is there, and what is there is whole.
        const standing = (await keysIn(storage)).includes(`${evaluation}/manifest.json`);
        expect(stored === undefined || (stored.kind === 'archived' && standing)).toBe(true);
        expect(await opened()).toEqual(standing ? whole : {});
        outcomes.add(stored === undefined ? 'failed' : 'archived');
        expect(await archive.store({ ...ref, zip })).toMatchObject({ kind: 'archived' });
        expect(await opened()).toEqual(whole);
        return interrupted.hasFailed();
      });
    }
    expect(outcomes).toEqual(new Set(['failed', 'archived']));
    // The earlier records, the files, the manifest, the deletion's record, the list and the removal.
    expect(steps).toBeGreaterThan(8);
  },
);
