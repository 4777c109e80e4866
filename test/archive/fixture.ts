import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Decrypter } from 'age-encryption';
import { onTestFinished } from 'vitest';
import { createArchiveKey, openArchive, type Archive, type Limits } from '../../src/archive/index.ts';

export const applicationId = 'app-1042';
export const ref = { applicationId, evaluationId: 'app-1042~0a1b2c3d~document_verification~1' };
export const second = { applicationId, evaluationId: 'app-1042~0a1b2c3d~document_verification~10' };

export interface Fixture {
  archive: Archive;
  /** A directory with the archive in it and nothing else: what appears beside the archive has escaped. */
  around: string;
  root: string;
  identity: string;
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

async function fixtureIn(around: string, limits: Partial<Limits>): Promise<Fixture> {
  const root = join(around, 'archive');
  const { identity, recipient } = await createArchiveKey();
  const archive = openArchive({ url: pathToFileURL(root).href, recipients: [recipient], limits });
  return { archive, around, root, identity };
}

/** Every path below the directory, those with a leading dot among them, sorted. */
export async function tree(directory: string): Promise<string[]> {
  return (await readdir(directory, { recursive: true })).toSorted();
}

/** Only the files of {@link tree}. */
export async function filesBelow(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
}

export async function decrypt(path: string, identity: string): Promise<Buffer> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  return Buffer.from(await decrypter.decrypt(await readFile(path)));
}
