import * as nodeFs from 'node:fs/promises';
import { mkdir, mkdtemp, readdir, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type FileSystem, openFileStorage } from '../../src/storage/file/storage.ts';
import { listed, storageContract } from './contract.ts';

async function folder(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'storage-test-'));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return join(path, 'root');
}

async function opened(fs: Partial<FileSystem> = {}) {
  const root = await folder();
  return { root, storage: openFileStorage(pathToFileURL(root).href, { ...nodeFs, ...fs }) };
}

function systemError(code: string): Error {
  return Object.assign(new Error(`${code}: refused`), { code, syscall: 'x' });
}

/** A file system on which one operation of files, or of folders, fails. */
function without(what: 'sync a folder' | 'write a file' | 'sync a file', code: string): Partial<FileSystem> {
  return {
    open: async (path, flags, mode) => {
      const handle = await nodeFs.open(path, flags, mode);
      const isFolder = (await handle.stat()).isDirectory();
      const fail = () => Promise.reject(systemError(code));
      if (isFolder === (what === 'sync a folder') && what !== 'write a file') handle.sync = fail;
      if (!isFolder && what === 'write a file') handle.writeFile = fail;
      return handle;
    },
  };
}

describe('a storage in a folder', () => {
  storageContract(async () => (await opened()).storage);

  test('makes files and folders for its own user alone, and no folder before it needs one', async () => {
    const { root, storage } = await opened();
    await expect(stat(root)).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await storage.get('a/b')).toBeUndefined();
    await storage.putIfAbsent('a/b', Buffer.from('x'));
    expect((await stat(join(root, 'a'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(root, 'a/b'))).mode & 0o777).toBe(0o600);
  });

  test('lists what a killed writer left as a leftover, and deletes it', async () => {
    const { root, storage } = await opened();
    const left = '.new-0a1b2c3d-0000-4000-8000-000000000000';
    await mkdir(join(root, 'a'), { recursive: true });
    await writeFile(join(root, 'a', left), 'half');
    const keys = [];
    for await (const { key } of storage.list('a/')) keys.push(key);
    expect(keys).toEqual([]);
    expect(await listed(storage, 'a/')).toEqual([`a/${left}`]);
    expect(await storage.delete(`a/${left}`)).toBe(1);
    expect(await readdir(root)).toEqual([]);
  });

  test('does not follow a symbolic link in place of an object', async () => {
    const { root, storage } = await opened();
    await mkdir(join(root, 'a'), { recursive: true });
    await symlink('/etc/hostname', join(root, 'a', 'b'));
    await expect(storage.get('a/b')).rejects.toMatchObject({ type: 'StorageUnsafe' });
    expect(await storage.putIfAbsent('a/b', Buffer.from('x'))).toBe('exists');
  });

  test('survives a deletion of its folder at every moment', async () => {
    const { storage } = await opened();
    await Promise.all(
      Array.from({ length: 40 }, async (_, nth) => {
        expect(await storage.putIfAbsent(`a/b/${nth}`, Buffer.from('x'))).toBe('stored');
        expect(await storage.delete(`a/b/${nth}`)).toBe(1);
      }),
    );
    expect(await listed(storage, '')).toEqual([]);
  });

  test.each(['EINVAL', 'ENOTSUP', 'EPERM'])(
    'that cannot sync a folder (%s) is used without, and says so',
    async (code) => {
      const { storage } = await opened(without('sync a folder', code));
      expect(await storage.putIfAbsent('a/b', Buffer.from('x'))).toBe('stored');
      expect(await storage.tryOut()).toEqual(['no_directory_sync']);
    },
  );

  test('that keeps no modes says so', async () => {
    const { storage } = await opened({
      open: async (path, flags) => {
        const handle = await nodeFs.open(path, flags, 0o666);
        if ((await handle.stat()).isFile()) await handle.chmod(0o644);
        return handle;
      },
    });
    expect(await storage.tryOut()).toEqual(['no_file_modes']);
  });

  test('without hard links is refused, and nothing is left', async () => {
    const { root, storage } = await opened({ link: () => Promise.reject(systemError('EPERM')) });
    await expect(storage.tryOut()).rejects.toMatchObject({
      type: 'StorageUnsupported',
      message: expect.stringContaining('hard links'),
    });
    expect(await readdir(root)).toEqual([]);
  });

  test.each([
    ['write a file', 'ENOSPC', 'StorageFull'],
    ['write a file', 'EDQUOT', 'StorageFull'],
    ['write a file', 'EIO', 'StorageUnavailable'],
    ['sync a file', 'EIO', 'StorageUnavailable'],
    ['sync a folder', 'EIO', 'StorageUnavailable'],
  ] as const)('that cannot %s (%s) answers %s, and nothing half is readable', async (what, code, type) => {
    const { root, storage } = await opened(without(what, code));
    await expect(storage.putIfAbsent('a/b', Buffer.from('x'))).rejects.toMatchObject({
      type,
      message: expect.stringContaining(code),
    });
    if (what === 'sync a folder') return;
    expect(await readdir(root)).toEqual([]);
  });

  test('below a file is missing', async () => {
    const root = await folder();
    await writeFile(root, 'a file');
    const storage = openFileStorage(pathToFileURL(root).href);
    await expect(storage.putIfAbsent('a', Buffer.from('x'))).rejects.toMatchObject({
      name: 'StorageError',
    });
  });
});
