import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cachedProgram } from './cache.ts';

/** The program of this version of Node.js, installed once from the npm registry. */
export async function findNode(version: string): Promise<string> {
  const name = `node-${process.platform}-${process.arch}`;
  return cachedProgram(`node-${version}`, join('node_modules', name, 'bin', 'node'), async (folder) => {
    const options = ['--no-audit', '--no-fund', '--ignore-scripts', '--prefix', folder];
    await promisify(execFile)('npm', ['install', ...options, `${name}@${version}`]);
  });
}
