import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import which from 'which';
import { z } from 'zod';
import { cacheFolder } from './cache.ts';

/** The release that docker-compose.yml starts. */
export const serverVersion = 'v1.29.7';
const serverModule = `go.temporal.io/server`;

/** Temporal's own server and what is released with it. */
export interface TemporalServerFiles {
  /** The folder with `temporal-server` and `temporal-sql-tool`, named as in Temporal's images. */
  programs: string;
  /** The schemas of PostgreSQL's databases. */
  schemas: string;
  /** The folder with `docker.yaml`, which takes the settings of Temporal's image from the environment. */
  config: string;
  /** Settings that the server reads while it runs. */
  dynamicConfig: string;
}

/** From the cache, or built once with `go install` (two to five minutes). */
export async function findTemporalServer(): Promise<TemporalServerFiles> {
  const folder = join(cacheFolder(), `temporal-server-${serverVersion}`);
  if ((await which(join(folder, 'bin', 'temporal-server'), { nothrow: true })) === null) await build(folder);
  return {
    programs: join(folder, 'bin'),
    schemas: join(folder, 'schema', 'postgresql', 'v12'),
    config: join(folder, 'config'),
    dynamicConfig: join(folder, 'config', 'dynamicconfig', 'docker.yaml'),
  };
}

async function build(folder: string): Promise<void> {
  const go = await which('go', { nothrow: true });
  if (go === null) {
    throw new Error(`These tests need Temporal's server, which is built with Go: apt-get install golang`);
  }
  process.stderr.write(
    `building Temporal's server ${serverVersion} with go install, once: two to five minutes …\n`,
  );
  await mkdir(cacheFolder(), { recursive: true });
  const unfinished = await mkdtemp(join(cacheFolder(), '.new-'));
  try {
    const run = promisify(execFile);
    const bin = join(unfinished, 'bin');
    const programs = ['cmd/server', 'cmd/tools/sql'].map(
      (path) => `${serverModule}/${path}@${serverVersion}`,
    );
    await run(go, ['install', ...programs], { env: { ...process.env, GOBIN: bin } });
    await rename(join(bin, 'server'), join(bin, 'temporal-server'));
    await rename(join(bin, 'sql'), join(bin, 'temporal-sql-tool'));
    const { stdout } = await run(go, ['mod', 'download', '-json', `${serverModule}@${serverVersion}`]);
    const { Dir: source } = z.object({ Dir: z.string() }).parse(JSON.parse(stdout));
    // The files of Go's module cache are read-only, which here would only hinder who deletes them.
    const copied = ['schema', 'config'].map((part) => join(source, part));
    await run('cp', ['-r', '--no-preserve=mode', ...copied, unfinished]);
    // Renaming within one folder is atomic; another process that built it meanwhile has the same files.
    await rename(unfinished, folder).catch(() => undefined);
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}
