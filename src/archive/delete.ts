import { randomBytes } from 'node:crypto';
import type { z } from 'zod';
import { StorageError, type Storage } from '../storage/index.ts';
import { ArchiveError, HeldError } from './errors.ts';
import { type EvaluationRef, type Layout, layoutOf } from './layout.ts';
import {
  fetchRecord,
  hold as holdSchema,
  type Hold,
  readRecord,
  release,
  tombstone,
  type Tombstone,
  written,
} from './records.ts';
import { manifestOf } from './store.ts';

/** Who does something to archived images, and why. No personal data of the candidate. */
export interface Because {
  by: string;
  reason: string;
}

interface Parts {
  storage: Storage;
  now: () => Date;
}

/** What is known of the images before they are deleted. */
export interface Expected {
  /** They were archived: an archive with neither them nor a record of their deletion is not the one that has them. */
  archived?: boolean;
}

/**
 * Deletes everything of an evaluation but the record of it, and reads the archive again to verify that nothing is left.
 * Can be repeated; nothing there is fine, unless they are expected. Rejects with {@link ArchiveError} `ArchiveHeld` under a
 * hold, of ours or the storage's, and with `ArchiveUnsafe` if what is expected is missing.
 */
export async function deleteImages(
  { storage, now }: Parts,
  ref: EvaluationRef,
  because: Because,
  { archived = false }: Expected = {},
): Promise<{ removed: number; verifiedAt: Date }> {
  const layout = layoutOf(ref);
  const before = await keysOf(storage, layout);
  const earlier = await readRecord(storage, layout.deleted, tombstone);
  if (archived && !earlier && before.length === 0) throw missing(ref);
  const deleted = !earlier || isWhole(before, layout, earlier) ? 'nothing' : 'not everything';
  let isNew = false;
  try {
    await refuseHeld(storage, ref, deleted);
    // Before anything is removed, so that a late run of the archiving finds it and withdraws what it wrote.
    if (!earlier) isNew = await bury({ storage, now }, layout, ref, because, before.length);
    await refuseUnderHold(storage, layout, deleted);
  } catch (error) {
    const isHeld = error instanceof ArchiveError && error.type === 'ArchiveHeld';
    if (isHeld) await withdraw({ storage, now }, layout, ref, isNew);
    throw error;
  }
  let removed = 0;
  for (let pass = 1; ; pass += 1) {
    const keys = await keysOf(storage, layout);
    if (keys.length === 0) return { removed, verifiedAt: now() };
    if (pass > passes)
      throw new StorageError('StorageUnavailable', 'The storage still lists what was deleted.');
    for (const key of keys)
      removed += await removeOne(storage, key, removed > 0 ? 'not everything' : deleted);
  }
}

/** Rejects with {@link ArchiveError} `ArchiveHeld` under a hold, of ours or the storage's. */
export async function refuseHeld(
  storage: Storage,
  ref: EvaluationRef,
  deleted: Deleted = 'nothing',
): Promise<void> {
  const layout = layoutOf(ref);
  await refuseUnderHold(storage, layout, deleted);
  for (const key of await keysOf(storage, layout)) if (await storage.held(key)) throw heldByStorage(deleted);
}

/** What a refused deletion, or one before it, has deleted. */
type Deleted = 'nothing' | 'not everything';

function missing({ evaluationId }: EvaluationRef): ArchiveError {
  return new ArchiveError(
    'ArchiveUnsafe',
    `The archive has neither the archived images of ${evaluationId} nor a record of their deletion; nothing was changed. Check that ARCHIVE_URL names the archive that has them, and that it is mounted.`,
  );
}

/** The second finds nothing; another one is for a run of the archiving that was late. */
const passes = 3;

/** A hold keeps the images past their retention period. An existing hold is left unchanged and returned. */
export async function holdImages(
  { storage, now }: Parts,
  ref: EvaluationRef,
  { by, reason }: Because,
): Promise<Hold> {
  const layout = layoutOf(ref);
  const asked: Hold = { by, reason, since: now().toISOString() };
  const put = await storage.putIfAbsent(layout.hold, written(holdSchema, asked));
  if (await readRecord(storage, layout.deleted, tombstone)) {
    // Another one's hold may have been confirmed before the deletion began, which then stops at it.
    if (put === 'stored') await storage.delete(layout.hold);
    throw new ArchiveError(
      'ArchiveDeleted',
      'The images are deleted, or being deleted; there is nothing to hold.',
    );
  }
  return (await holdOf(storage, layout)) ?? asked;
}

/** Ends the hold, and records who had held and who released; false if there was none. */
export async function releaseImages(
  { storage, now }: Parts,
  ref: EvaluationRef,
  { by, reason }: Because,
): Promise<boolean> {
  const layout = layoutOf(ref);
  const standing = await holdOf(storage, layout);
  if (!standing) return false;
  const record = { hold: standing, by, reason, at: now().toISOString() };
  await storage.putIfAbsent(layout.release(randomBytes(8).toString('hex')), written(release, record));
  await storage.delete(layout.hold);
  return true;
}

export function holdOf(storage: Storage, layout: Layout): Promise<Hold | undefined> {
  return readRecord(storage, layout.hold, holdSchema);
}

async function refuseUnderHold(storage: Storage, layout: Layout, deleted: Deleted): Promise<void> {
  const standing = await holdOf(storage, layout);
  if (!standing) return;
  throw new HeldError(
    `The images are under a legal hold since ${standing.since}; ${deleted} was deleted. Release it first.`,
    standing,
  );
}

function heldByStorage(deleted: Deleted): HeldError {
  return new HeldError(
    `The storage itself holds the images, by a legal hold or a retention; ${deleted} was deleted. Lift it there first.`,
  );
}

async function removeOne(storage: Storage, key: string, deleted: Deleted): Promise<number> {
  try {
    return await storage.delete(key);
  } catch (error) {
    if (error instanceof StorageError && error.type === 'StorageHeld') throw heldByStorage(deleted);
    throw error;
  }
}

/** The keys of an evaluation but that of its deletion's record. */
async function keysOf(storage: Storage, layout: Layout): Promise<string[]> {
  const keys = new Set<string>();
  for await (const { key } of storage.list(layout.prefix, { leftovers: true })) {
    if (key !== layout.deleted) keys.add(key);
  }
  return [...keys].toSorted(
    (one, other) => Number(one === layout.manifest) - Number(other === layout.manifest),
  );
}

/** False if another deletion was first. */
async function bury(
  { storage, now }: Parts,
  layout: Layout,
  ref: EvaluationRef,
  { by, reason }: Because,
  objects: number,
): Promise<boolean> {
  const { applicationId, evaluationId } = ref;
  const manifest = await manifestOf(storage, layout, ref);
  const releases = await recordsOf(storage, layout, layout.releases, release);
  const fetches = await recordsOf(storage, layout, layout.fetches, fetchRecord);
  const outcome = await storage.putIfAbsent(
    layout.deleted,
    written(tombstone, {
      version: 1,
      applicationId,
      evaluationId,
      at: now().toISOString(),
      by,
      reason,
      objects,
      archivedAt: manifest?.archivedAt ?? null,
      releases,
      fetches,
    }),
  );
  return outcome === 'stored';
}

/** A deletion whose record is younger may be under way, in milliseconds. */
const underWay = 15 * 60_000;

/**
 * Removes the record of a deletion that was refused, or killed, before it removed anything: images that are held would be
 * taken for deleted.
 */
async function withdraw(
  { storage, now }: Parts,
  layout: Layout,
  ref: EvaluationRef,
  isNew: boolean,
): Promise<void> {
  const record = await readRecord(storage, layout.deleted, tombstone);
  if (!record) return;
  if (!isNew && now().getTime() - Date.parse(record.at) < underWay) return;
  const keys = await keysOf(storage, layout);
  const manifest = await manifestOf(storage, layout, ref);
  const named = manifest?.files.map(({ name }) => layout.file(manifest.run, name));
  // An earlier deletion that has no manifest may have removed everything.
  const isThere = named ? named.every((key) => keys.includes(key)) : isNew;
  if (isThere && isWhole(keys, layout, record)) await storage.delete(layout.deleted);
}

/** True if nothing has been removed since the record of the deletion was written. */
function isWhole(keys: string[], layout: Layout, { objects }: Tombstone): boolean {
  return keys.filter((key) => key !== layout.hold).length >= objects;
}

async function recordsOf<T>(
  storage: Storage,
  layout: Layout,
  beginning: string,
  schema: z.ZodType<T>,
): Promise<T[]> {
  const records: T[] = [];
  for await (const { key } of storage.list(layout.prefix)) {
    const record = key.startsWith(beginning) ? await readRecord(storage, key, schema) : undefined;
    if (record) records.push(record);
  }
  return records;
}
