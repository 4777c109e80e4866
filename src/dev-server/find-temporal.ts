import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import which from 'which';
import { cliVersion, type Environment, oldest } from './cli-version.ts';
import { goInstall, type GoInstallOptions } from './go-install.ts';
import { sdkDownload, type SdkDownloadOptions } from './sdk-download.ts';

/** No `temporal` is there, and none could be fetched; the message is a page that says what was tried and what to do. */
export class TemporalNotFound extends Error {
  readonly type = 'TemporalNotFound';
}

export interface FindTemporalOptions {
  /** Its PATH is searched; its CANDIDATE_FUNNEL_CACHE or XDG_CACHE_HOME tells where the cache is. */
  env: Environment;
  onProgress: (line: string) => void;
  /** Instead of the user's cache folder for this project. */
  cacheDir?: string;
  /** Bounds of the SDK's download. */
  download?: SdkDownloadOptions;
  /** Bounds of the build. */
  build?: GoInstallOptions;
}

/**
 * The path of a `temporal` binary: from the PATH, this project's cache, the SDK's download, or built with
 * `go install` (three to five minutes, once). Rejects with {@link TemporalNotFound}.
 */
export async function findTemporal(options: FindTemporalOptions): Promise<string> {
  const { env, onProgress } = options;
  const cached = cachedBinary(options.cacheDir ?? defaultCacheDir(env));
  const tried: string[] = [];
  /** One way to a binary; undefined when it leads nowhere, with the reason noted for the page. */
  const attempt = async (name: string, way: () => Promise<string>): Promise<string | undefined> => {
    try {
      return await way();
    } catch (error) {
      tried.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      return undefined;
    }
  };

  return (
    (await attempt('temporal on the PATH', () => onThePath(env, onProgress))) ??
    (await attempt(`the cache (${cached})`, () => inTheCache(cached, env, onProgress))) ??
    (await attempt("the Temporal SDK's download", () =>
      intoCache(cached, env, (folder) => sdkDownload(folder, env, onProgress, options.download)),
    )) ??
    (await attempt('go install', () =>
      intoCache(cached, env, (folder) => goInstall(folder, env, onProgress, options.build)),
    )) ??
    notFound(tried)
  );
}

async function onThePath(env: Environment, onProgress: (line: string) => void): Promise<string> {
  const found = await which('temporal', { path: env['PATH'] ?? '', nothrow: true });
  if (found === null) throw new Error('not there');
  return checked(found, env, onProgress);
}

async function inTheCache(
  cached: string,
  env: Environment,
  onProgress: (line: string) => void,
): Promise<string> {
  const found = await which(cached, { nothrow: true });
  if (found === null) throw new Error('empty');
  return checked(cached, env, onProgress);
}

/** Passes a binary that can be used; says of any other why it is passed over. */
async function checked(
  binary: string,
  env: Environment,
  onProgress: (line: string) => void,
): Promise<string> {
  try {
    return await usable(binary, env);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    onProgress(`${binary} is passed over: ${reason}`);
    throw error;
  }
}

/** A CLI built by `go install` calls itself 0.0.0-DEV, so the server inside is what is compared. */
async function usable(binary: string, env: Environment): Promise<string> {
  const { stdout } = await promisify(execFile)(binary, ['--version'], { env, timeout: 30_000 }).catch(() => {
    throw new Error('it does not run (temporal --version fails)');
  });
  const [, major, minor] = /server (\d+)\.(\d+)/i.exec(stdout) ?? [];
  if (major === undefined || minor === undefined) throw new Error('it does not tell its server version');
  const old =
    Number(major) < oldest.server.major ||
    (Number(major) === oldest.server.major && Number(minor) < oldest.server.minor);
  if (old)
    throw new Error(`its server ${major}.${minor} is too old, Temporal CLI ${oldest.cli} or later is needed`);
  return binary;
}

/** Renaming within one folder is atomic, so that several processes may fetch at once and none sees half a file. */
async function intoCache(
  cached: string,
  env: Environment,
  fetch: (folder: string) => Promise<string>,
): Promise<string> {
  const cacheDir = dirname(cached);
  await mkdir(cacheDir, { recursive: true });
  const folder = await mkdtemp(join(cacheDir, '.new-'));
  try {
    await rename(await usable(await fetch(folder), env), cached);
    return cached;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function cachedBinary(cacheDir: string): string {
  const name = process.platform === 'win32' ? 'temporal.exe' : 'temporal';
  return resolve(cacheDir, `temporal-cli-${cliVersion}`, name);
}

/** Where programs that were built are kept, outside the repository. */
export function defaultCacheDir(env: Environment): string {
  return (
    env['CANDIDATE_FUNNEL_CACHE'] ||
    join(env['XDG_CACHE_HOME'] || join(env['HOME'] || homedir(), '.cache'), 'candidate-funnel')
  );
}

function notFound(tried: string[]): never {
  throw new TemporalNotFound(`No Temporal dev server is here, and none could be fetched. Tried, in this order:
${tried.map((line) => `  - ${line}`).join('\n')}

Do one of these, then run the command again:
  - install the Temporal CLI ${oldest.cli} or later: brew install temporal, or https://docs.temporal.io/cli#install
  - install Go (https://go.dev/doc/install): the CLI is then built from source, once, in three to five minutes
  - use a Temporal server that runs already: set TEMPORAL_ADDRESS=host:port`);
}
