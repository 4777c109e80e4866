import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import which from 'which';
import { cacheFolder } from './cache.ts';

/** The program of this version of Node.js, installed once from the npm registry. */
export async function findNode(version: string): Promise<string> {
  const name = `node-${process.platform}-${process.arch}`;
  const cached = join(cacheFolder(), `node-${version}`);
  const program = join(cached, 'node_modules', name, 'bin', 'node');
  if ((await which(program, { nothrow: true })) !== null) return program;
  await mkdir(dirname(cached), { recursive: true });
  const folder = await mkdtemp(join(dirname(cached), '.new-'));
  try {
    const options = ['--no-audit', '--no-fund', '--ignore-scripts', '--prefix', folder];
    await promisify(execFile)('npm', ['install', ...options, `${name}@${version}`]);
    // Renaming within one folder is atomic, so that several processes may install at once.
    await rename(folder, cached);
  } catch (error) {
    // Another process was faster.
    if ((await which(program, { nothrow: true })) === null) throw error;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  return program;
}
