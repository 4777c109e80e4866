import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import which from 'which';
import { cliVersion, type Environment } from './cli-version.ts';

const cliModule = `github.com/temporalio/cli/cmd/temporal@v${cliVersion}`;

export interface GoInstallOptions {
  /** Milliseconds between two progress lines. */
  progressEvery?: number;
  /** Milliseconds after which the build is given up. */
  within?: number;
}

/**
 * Builds the Temporal CLI with the user's own Go settings and names the file. Rejects with what `go` said last when
 * it fails, and when there is no `go`.
 */
export async function goInstall(
  folder: string,
  env: Environment,
  onProgress: (line: string) => void,
  { progressEvery = 10_000, within = 30 * 60_000 }: GoInstallOptions = {},
): Promise<string> {
  const go = await which('go', { path: env['PATH'] ?? '', nothrow: true });
  if (go === null) throw new Error('go is not on the PATH');
  onProgress(`building the Temporal CLI ${cliVersion} with go install, once: three to five minutes …`);
  const started = Date.now();
  const child = spawn(go, ['install', '-v', cliModule], {
    cwd: folder,
    env: { ...env, GOBIN: folder },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: within,
    killSignal: 'SIGKILL',
  });
  const said: string[] = [];
  createInterface({ input: child.stderr }).on('line', (line) => {
    said.push(line);
    if (said.length > 5) said.shift();
  });
  const progress = setInterval(() => {
    onProgress(`  ${elapsed(Date.now() - started)} ${describe(said.at(-1))}`);
  }, progressEvery);
  try {
    await once(child, 'close');
    if (child.signalCode) throw new Error(`go install was stopped by ${child.signalCode}`);
    if (child.exitCode !== 0) throw new Error(`it failed: ${said.join(' / ') || 'without a word'}`);
  } finally {
    clearInterval(progress);
  }
  return join(folder, process.platform === 'win32' ? 'temporal.exe' : 'temporal');
}

/** `go: downloading MODULE VERSION`, or the package that is being compiled. */
function describe(line: string | undefined): string {
  if (line === undefined) return 'starting';
  return line.startsWith('go: ') ? line.slice('go: '.length) : `compiling ${line}`;
}

function elapsed(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
