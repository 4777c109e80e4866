import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import * as nodeFs from 'node:fs/promises';
import { dirname, join, sep } from 'node:path';
import { inBlocks } from '../blocks.ts';
import { StorageError } from '../errors.ts';
import { checkKey, checkListedKey, checkPrefix, invalidUrl, pathOfUrl } from '../keys.ts';
import type { Storage, StorageLimit, StoredObject } from '../storage.ts';
import { tryVerbs } from '../trial.ts';
import { codeOf, problemOf, unless } from './errors.ts';

/** What of `node:fs/promises` is used. */
export type FileSystem = Pick<
  typeof nodeFs,
  'link' | 'lstat' | 'mkdir' | 'open' | 'readdir' | 'rmdir' | 'unlink'
>;

/** Files that are being written; no key begins with a dot. */
const unfinished = /^\.new-[0-9a-f-]{36}$/;

/** A storage in a folder: `{folder}/{key}`, files with mode 0600. */
export function openFileStorage(text: string, fs: FileSystem = nodeFs): Storage {
  const root = folderOf(text);
  const syncs = { directories: true };
  const pathOf = (key: string) => join(root, ...key.split('/'));
  const within = <T>(work: () => Promise<T>) =>
    work().catch((error: unknown) => Promise.reject(problemOf(error)));

  const storage: Storage = {
    putIfAbsent: (key, body) => {
      checkKey(key);
      return putIfAbsent(fs, { root, path: pathOf(key), syncs }, body);
    },
    get: (key) => {
      checkKey(key);
      return within(() => open(fs, root, pathOf(key)));
    },
    delete: (key) => {
      checkListedKey(key);
      return within(() => remove(fs, { root, path: pathOf(key), syncs }));
    },
    // An unfinished write has a name of its own.
    deleteLeftovers: () => Promise.resolve(0),
    list: (prefix, { leftovers = false } = {}) => {
      checkPrefix(prefix);
      return walk(fs, root, prefix.split('/').filter(Boolean), leftovers);
    },
    held: () => Promise.resolve(false),
    tryOut: async () => {
      await tryVerbs(storage);
      return within(() => limitsOf(fs, root, syncs.directories));
    },
    close: () => {},
  };
  return storage;
}

function folderOf(text: string): string {
  // The text is looked at as well, because URL makes file:///relative of "file:relative".
  if (!text.startsWith('file:///')) throw invalidUrl('must be file:///absolute/folder, with three slashes');
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || url.search !== '' || url.hash !== '') {
    throw invalidUrl('must be file:///absolute/folder, with ? and # written as %3F and %23');
  }
  const path = pathOfUrl(url);
  if (path === '') throw invalidUrl('must name a folder of its own, not the root');
  return sep + path;
}

interface Place {
  root: string;
  path: string;
  /** Changed to false by the first directory that cannot be synced. */
  syncs: { directories: boolean };
}

async function putIfAbsent(
  fs: FileSystem,
  { root, path, syncs }: Place,
  body: Uint8Array | AsyncIterable<Uint8Array>,
): Promise<'stored' | 'exists'> {
  const folder = dirname(path);
  const temporary = join(folder, `.new-${randomUUID()}`);
  const onDisk = <T>(work: Promise<T>) => work.catch((error: unknown) => Promise.reject(problemOf(error)));
  await onDisk(refuseLinks(fs, root, folder));
  if (await onDisk(isThere(fs, path))) return 'exists';
  const handle = await onDisk(createIn(fs, folder, temporary));
  try {
    try {
      // Its errors are the caller's own, so that they are not taken for the disk's.
      const blocks = body instanceof Uint8Array ? [{ bytes: body }] : inBlocks(body, writeBytes);
      for await (const { bytes } of blocks) await onDisk(handle.writeFile(bytes));
      await onDisk(handle.sync());
    } finally {
      await onDisk(handle.close());
    }
    // Unlike a rename, a link never replaces what is there.
    const linked = fs.link(temporary, path).then(() => true);
    return (await linked.catch((error: unknown) => refusedLink(error))) ? 'stored' : 'exists';
  } finally {
    await onDisk(unless(['ENOENT'], () => fs.unlink(temporary), undefined));
    await onDisk(syncUpTo(fs, root, folder, syncs));
    await onDisk(removeEmpty(fs, root, folder));
  }
}

/** Small pieces make many calls, each of which waits for its turn. */
const writeBytes = 1024 ** 2;

function refusedLink(error: unknown): false {
  if (codeOf(error) === 'EEXIST') return false;
  if (['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'].includes(codeOf(error) ?? '')) {
    throw new StorageError(
      'StorageUnsupported',
      'The file system of the folder has no hard links, which are how an object is stored whole and never twice. Use another file system, or s3://.',
      { cause: error },
    );
  }
  throw problemOf(error);
}

/** A deletion at the same time may remove the folder before it has a file. */
async function createIn(fs: FileSystem, folder: string, path: string): Promise<nodeFs.FileHandle> {
  for (let tries = 1; ; tries += 1) {
    await fs.mkdir(folder, { recursive: true, mode: 0o700 });
    try {
      return await fs.open(path, 'wx', 0o600);
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' || tries === 10) throw error;
    }
  }
}

async function open(
  fs: FileSystem,
  root: string,
  path: string,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  await refuseLinks(fs, root, dirname(path));
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW;
  const handle = await unless(['ENOENT', 'ENOTDIR'], () => fs.open(path, flags), undefined);
  return handle && piecesOf(handle);
}

/** Bytes. Most objects are records and keys, and fit into the first piece. */
const [firstPiece, laterPieces] = [4 * 1024, 64 * 1024];

async function* piecesOf(handle: nodeFs.FileHandle): AsyncGenerator<Uint8Array> {
  try {
    for (let size = firstPiece; ; size = laterPieces) {
      const { buffer, bytesRead } = await handle.read({ buffer: Buffer.allocUnsafe(size) });
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } catch (error) {
    throw problemOf(error);
  } finally {
    await handle.close();
  }
}

async function remove(fs: FileSystem, { root, path, syncs }: Place): Promise<number> {
  const folder = dirname(path);
  await refuseLinks(fs, root, folder);
  const removed = await unless(['ENOENT', 'ENOTDIR'], () => fs.unlink(path).then(() => 1), 0);
  if (removed > 0) await syncUpTo(fs, root, folder, syncs);
  await removeEmpty(fs, root, folder);
  return removed;
}

async function* walk(
  fs: FileSystem,
  root: string,
  segments: string[],
  leftovers: boolean,
): AsyncGenerator<StoredObject> {
  const folder = join(root, ...segments);
  const names = await list(fs, root, folder);
  for (const name of names) {
    const key = [...segments, name].join('/');
    const stats = await unless(['ENOENT'], () => fs.lstat(join(folder, name)), undefined).catch(
      (error: unknown) => Promise.reject(problemOf(error)),
    );
    if (!stats) continue;
    if (stats.isDirectory()) yield* walk(fs, root, [...segments, name], leftovers);
    else {
      const leftover = unfinished.test(name);
      if (!leftover || leftovers) yield { key, bytes: stats.size, modifiedAt: stats.mtime, leftover };
    }
  }
}

async function list(fs: FileSystem, root: string, folder: string): Promise<string[]> {
  try {
    await refuseLinks(fs, root, folder);
    return (await unless(['ENOENT', 'ENOTDIR'], () => fs.readdir(folder), [])).toSorted();
  } catch (error) {
    throw problemOf(error);
  }
}

/** A symbolic link in place of a folder could lead anywhere, so it is refused and not followed. */
async function refuseLinks(fs: FileSystem, root: string, folder: string): Promise<void> {
  for (let path = folder; path.length > root.length; path = dirname(path)) {
    const stats = await unless(['ENOENT', 'ENOTDIR'], () => fs.lstat(path), undefined);
    if (stats && !stats.isDirectory()) {
      throw new StorageError(
        'StorageUnsafe',
        'A symbolic link or a file is where a folder of the storage belongs; nothing was changed. Find out who put it there, and remove it.',
      );
    }
  }
}

async function isThere(fs: FileSystem, path: string): Promise<boolean> {
  return (await unless(['ENOENT'], () => fs.lstat(path), undefined)) !== undefined;
}

/** A name is durable only once its folder is, and a folder once the one above it is. */
async function syncUpTo(fs: FileSystem, root: string, folder: string, syncs: Place['syncs']): Promise<void> {
  for (let path = folder; syncs.directories; path = dirname(path)) {
    syncs.directories = await unless(
      ['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EISDIR', 'EPERM', 'EBADF'],
      () => syncDirectory(fs, path),
      false,
    );
    if (path.length <= root.length) return;
  }
}

async function syncDirectory(fs: FileSystem, path: string): Promise<true> {
  const handle = await unless(['ENOENT'], () => fs.open(path, 'r'), undefined);
  try {
    await handle?.sync();
  } finally {
    await handle?.close();
  }
  return true;
}

async function removeEmpty(fs: FileSystem, root: string, folder: string): Promise<void> {
  for (let path = folder; path.length > root.length; path = dirname(path)) {
    const removed = await unless(
      ['ENOTEMPTY', 'EEXIST', 'EBUSY'],
      () => unless(['ENOENT'], () => fs.rmdir(path), undefined).then(() => true),
      false,
    );
    if (!removed) return;
  }
}

async function limitsOf(fs: FileSystem, root: string, directories: boolean): Promise<StorageLimit[]> {
  const name = `.new-${randomUUID()}`;
  const path = join(root, name);
  const handle = await createIn(fs, root, path);
  try {
    const { mode } = await handle.stat();
    const folded = await isThere(fs, join(root, name.toUpperCase()));
    return [
      ...(directories ? [] : (['no_directory_sync'] as const)),
      ...((mode & 0o077) === 0 ? [] : (['no_file_modes'] as const)),
      ...(folded ? (['case_insensitive'] as const) : []),
    ];
  } finally {
    await handle.close();
    await fs.unlink(path);
  }
}
