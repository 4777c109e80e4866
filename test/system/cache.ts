import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import which from 'which';
import { defaultCacheDir } from '../../src/dev-server/find-temporal.ts';

/**
 * A program in the folder `name` of the cache, outside the clone. Where it is missing, `make` fills the folder, once for a
 * user; of several processes that do so at once, the first one's stands.
 */
export async function cachedProgram(
  name: string,
  program: string,
  make: (folder: string) => Promise<void>,
): Promise<string> {
  const cache = defaultCacheDir(process.env);
  const path = join(cache, name, program);
  if (await isProgram(path)) return path;
  await mkdir(cache, { recursive: true });
  const unfinished = await mkdtemp(join(cache, '.new-'));
  try {
    await make(unfinished);
    // Renaming within one file system is atomic.
    await rename(unfinished, join(cache, name));
  } catch (error) {
    if (!(await isProgram(path))) throw error;
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
  return path;
}

async function isProgram(path: string): Promise<boolean> {
  return (await which(path, { nothrow: true })) !== null;
}

/** Builds programs of Go modules into a folder, which takes minutes. */
export async function goInstall(folder: string, programs: string[], what: string): Promise<void> {
  const go = await which('go', { nothrow: true });
  if (go === null) {
    throw new Error(`These tests need ${what}, which is built with Go: apt-get install golang`);
  }
  process.stderr.write(`building ${what} with go install, once: some minutes …\n`);
  await promisify(execFile)(go, ['install', ...programs], { env: { ...process.env, GOBIN: folder } });
}
