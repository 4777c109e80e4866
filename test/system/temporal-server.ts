import { execFile } from 'node:child_process';
import { rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { cachedProgram, goInstall } from './cache.ts';

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

/** From the cache, or built once with `go install`. */
export async function findTemporalServer(): Promise<TemporalServerFiles> {
  const name = `temporal-server-${serverVersion}`;
  const folder = dirname(dirname(await cachedProgram(name, join('bin', 'temporal-server'), build)));
  return {
    programs: join(folder, 'bin'),
    schemas: join(folder, 'schema', 'postgresql', 'v12'),
    config: join(folder, 'config'),
    dynamicConfig: join(folder, 'config', 'dynamicconfig', 'docker.yaml'),
  };
}

async function build(folder: string): Promise<void> {
  const bin = join(folder, 'bin');
  const programs = ['cmd/server', 'cmd/tools/sql'].map((path) => `${serverModule}/${path}@${serverVersion}`);
  await goInstall(bin, programs, `Temporal's server ${serverVersion}`);
  await rename(join(bin, 'server'), join(bin, 'temporal-server'));
  await rename(join(bin, 'sql'), join(bin, 'temporal-sql-tool'));
  const { stdout } = await run('go', ['mod', 'download', '-json', `${serverModule}@${serverVersion}`]);
  const { Dir: source } = z.object({ Dir: z.string() }).parse(JSON.parse(stdout));
  // The files of Go's module cache are read-only, which here would only hinder who deletes them.
  const copied = ['schema', 'config'].map((part) => join(source, part));
  await run('cp', ['-r', '--no-preserve=mode', ...copied, folder]);
}

const run = promisify(execFile);
