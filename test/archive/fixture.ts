import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { onTestFinished } from 'vitest';
import {
  type Archive,
  createArchiveKey,
  openArchive,
  openImages,
  readArchived,
} from '../../src/archive/index.ts';
import type { Limits } from '../../src/archive/index.ts';
import { openStorage, type Storage } from '../../src/storage/index.ts';

export const applicationId = 'app-1042';
export const ref = { applicationId, evaluationId: 'app-1042~0a1b2c3d~document_verification~1' };
export const second = { applicationId, evaluationId: 'app-1042~0a1b2c3d~document_verification~10' };
export const because = { by: 'Mo Ito', reason: 'asked for' };

export interface Fixture {
  archive: Archive;
  storage: Storage;
  /** A folder with the archive in it and nothing else: what appears beside the archive has escaped. */
  around: string;
  root: string;
  url: string;
  identity: string;
  recipient: string;
  /** Each archived file of the evaluation, opened with the key; names without the number of the run. */
  opened: () => Promise<Record<string, Uint8Array>>;
}

export async function archiveFixture(limits: Partial<Limits> = {}): Promise<Fixture> {
  const around = await mkdtemp(join(tmpdir(), 'archive-test-'));
  onTestFinished(() => rm(around, { recursive: true, force: true }));
  return fixtureIn(around, limits);
}

/** For hundreds of runs within one test. */
export async function withArchive<T>(
  limits: Partial<Limits>,
  run: (fixture: Fixture) => Promise<T>,
): Promise<T> {
  const around = await mkdtemp(join(tmpdir(), 'archive-test-'));
  try {
    return await run(await fixtureIn(around, limits));
  } finally {
    await rm(around, { recursive: true, force: true });
  }
}

/** One for all archives of a process. */
const sharedKey = await createArchiveKey();

async function fixtureIn(around: string, limits: Partial<Limits>): Promise<Fixture> {
  const root = join(around, 'archive');
  const url = pathToFileURL(root).href;
  const { identity, recipient } = sharedKey;
  const archive = openArchive({ url, recipients: [recipient], limits });
  const storage = openStorage(url);
  const opened = () => openedFiles(storage, identity);
  return { archive, storage, around, root, url, identity, recipient, opened };
}

/** Each archived file of {@link ref}, by name; none if nothing is archived. */
export async function openedFiles(storage: Storage, identity: string): Promise<Record<string, Uint8Array>> {
  const { manifest } = await readArchived(storage, ref);
  const files: Record<string, Uint8Array> = {};
  if (!manifest) return files;
  for await (const { file, bytes } of openImages(storage, manifest, identity)) files[file.name] = bytes;
  return files;
}

/** The keys below the archive's root, leftovers among them. */
export async function keysIn(storage: Storage): Promise<string[]> {
  const keys = [];
  for await (const { key } of storage.list('', { leftovers: true })) keys.push(key);
  return keys;
}

/** Every path below the folder, those with a leading dot among them, sorted. */
export async function tree(folder: string): Promise<string[]> {
  return (await readdir(folder, { recursive: true })).toSorted();
}

/** Only the files of {@link tree}. */
export async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
}
