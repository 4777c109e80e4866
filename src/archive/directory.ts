import { randomUUID } from 'node:crypto';
import { lstat, mkdir, open, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { applicationId as applicationIdSchema, parseEvaluationId } from '../contract/index.ts';
import type { Archive, EvaluationRef } from './archive.ts';
import { ArchiveError } from './errors.ts';
import type { FileEncrypter } from './keys.ts';
import { unzip, type Limits, type UnzippedFile } from './unzip.ts';

/**
 * The archive in a directory: `{root}/{applicationId}/{evaluationId}/{kind}-{index}.{ext}.age`. What is being written or
 * deleted lies beside it under a name with a leading dot, which no id can have.
 */
export function directoryArchive(root: string, encrypter: FileEncrypter, limits: Limits): Archive {
  return {
    async store({ zip, ...ref }) {
      const place = placeOf(root, ref);
      const files = await unzip(zip, limits);
      return fileSystem(async () => {
        // For its refusal of symbolic links.
        await exists(place);
        await discardLeftovers(place);
        const staging = place.beside();
        try {
          await mkdir(staging, { recursive: true, mode: 0o700 });
          for (const file of files) await writeEncrypted(staging, file, encrypter);
          await syncDirectory(staging);
          await publish(staging, place);
        } catch (error) {
          await rm(staging, { recursive: true, force: true });
          await removeIfEmpty(place.parent);
          throw error;
        }
        return { count: files.length, files: files.map(archiveName).toSorted() };
      });
    },

    async remove(ref) {
      const place = placeOf(root, ref);
      return fileSystem(async () => {
        const removed = (await filesIn(place)).length;
        await discard(place.final, place);
        await discardLeftovers(place);
        await removeIfEmpty(place.parent);
        return { removed };
      });
    },

    async list(ref) {
      const place = placeOf(root, ref);
      return fileSystem(() => filesIn(place));
    },
  };
}

interface Place {
  /** The application's directory. */
  parent: string;
  /** The evaluation's directory. */
  final: string;
  /** Of the names beside it that belong to this evaluation: while writing, and while deleting. */
  prefix: string;
  beside(): string;
}

function placeOf(root: string, { applicationId, evaluationId }: EvaluationRef): Place {
  const application = applicationIdSchema.safeParse(applicationId);
  if (!application.success) {
    throw new ArchiveError('InvalidId', 'applicationId must be 1 to 64 of A-Z a-z 0-9 _ -');
  }
  if (parseEvaluationId(evaluationId)?.applicationId !== application.data) {
    throw new ArchiveError(
      'InvalidId',
      'evaluationId must be one that this applicationId was given by its funnel',
    );
  }
  const parent = join(root, application.data);
  const prefix = `.${evaluationId}.`;
  return {
    parent,
    final: join(parent, evaluationId),
    prefix,
    beside: () => join(parent, prefix + randomUUID()),
  };
}

function archiveName(file: UnzippedFile): string {
  return `${file.name}.age`;
}

async function writeEncrypted(
  directory: string,
  file: UnzippedFile,
  encrypter: FileEncrypter,
): Promise<void> {
  const handle = await open(join(directory, archiveName(file)), 'wx', 0o600);
  try {
    const encrypted = await encrypter.encrypt(ReadableStream.from(file.content()));
    for await (const chunk of encrypted) await handle.writeFile(chunk);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes the new directory the evaluation's; between the two renames of a replacement a kill leaves none, never half. */
async function publish(staging: string, place: Place): Promise<void> {
  const old = place.beside();
  const replaces = await moved(place.final, old);
  try {
    await rename(staging, place.final);
  } catch (error) {
    // Another run that has published in between supersedes the old result in any case.
    if (replaces && !(await moved(old, place.final))) await rm(old, { recursive: true, force: true });
    throw error;
  }
  await syncDirectory(place.parent);
  await syncDirectory(dirname(place.parent));
  if (replaces) await rm(old, { recursive: true, force: true });
}

async function filesIn(place: Place): Promise<string[]> {
  if (!(await exists(place))) return [];
  const entries = await readdir(place.final, { withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => entry.name)
    .toSorted();
}

/** What a killed run of the same evaluation left, and what one that still runs is writing: the later one wins. */
async function discardLeftovers(place: Place): Promise<void> {
  if (!(await isDirectory(place.parent))) return;
  const names = await readdir(place.parent);
  for (const name of names.filter((each) => each.startsWith(place.prefix))) {
    await discard(join(place.parent, name), place);
  }
}

/** Renamed before it is deleted, so that nobody can list or publish a directory that is half gone. */
async function discard(path: string, place: Place): Promise<void> {
  const doomed = place.beside();
  if (await moved(path, doomed)) await rm(doomed, { recursive: true, force: true });
}

/** False if there is nothing to move, or if the new place is taken. */
async function moved(from: string, to: string): Promise<boolean> {
  const move = async () => {
    await rename(from, to);
    return true;
  };
  return unless([missing, ...notEmpty], move, false);
}

async function removeIfEmpty(directory: string): Promise<void> {
  await unless([missing, ...notEmpty], () => rmdir(directory), undefined);
}

async function exists(place: Place): Promise<boolean> {
  return (await isDirectory(place.parent)) && (await isDirectory(place.final));
}

/** Whether it is there; a symbolic link in its place could lead anywhere, so it is refused and not followed. */
async function isDirectory(path: string): Promise<boolean> {
  const stats = await unless([missing], () => lstat(path), undefined);
  if (stats && !stats.isDirectory()) {
    throw new ArchiveError(
      'ArchiveUnsafe',
      'In the archive, a symbolic link or a file is where a directory of an application or evaluation belongs; nothing was changed. Find out who put it there, and remove it.',
    );
  }
  return stats !== undefined;
}

/** The names in a directory are durable only once the directory itself is. */
async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const missing = 'ENOENT';
const notEmpty = ['ENOTEMPTY', 'EEXIST'] as const;

/** What the work gives, or `otherwise` where it meets one of these codes. */
async function unless<T>(codes: readonly string[], work: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (codes.includes(codeOf(error) ?? '')) return otherwise;
    throw error;
  }
}

async function fileSystem<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const code = codeOf(error);
    if (error instanceof ArchiveError || code === undefined) throw error;
    throw new ArchiveError(
      'ArchiveUnavailable',
      `The archive directory cannot be used (${code}). Check that it is mounted, has room and may be written by this process; a later run for the same evaluation ends an earlier one in this way too.`,
      { cause: error },
    );
  }
}

/** The system's word for what a file system call met, such as ENOSPC. */
function codeOf(error: unknown): string | undefined {
  const fromSystem = error instanceof Error && 'syscall' in error && 'code' in error;
  return fromSystem && typeof error.code === 'string' ? error.code : undefined;
}
