import { fork } from 'node:child_process';
import { once } from 'node:events';
import { access, readdir } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { cliVersion, type Environment } from './cli-version.ts';

export interface SdkDownloadOptions {
  /** Milliseconds in which the first byte must have come, so that a network that swallows everything costs no more. */
  beginWithin?: number;
  /** Milliseconds in which all must be there. */
  within?: number;
}

/**
 * Lets the Temporal SDK download the CLI into an empty folder and names the file. It runs in a process of its own:
 * the SDK's download cannot be cancelled, and it would fix this process's Temporal runtime. Rejects with the reason.
 */
export async function sdkDownload(
  folder: string,
  env: Environment,
  onProgress: (line: string) => void,
  { beginWithin = 15_000, within = 5 * 60_000 }: SdkDownloadOptions = {},
): Promise<string> {
  onProgress(`no usable temporal here: trying the Temporal SDK's download of the CLI ${cliVersion} …`);
  const child = fork(childScript, [folder, `v${cliVersion}`], {
    // From here `tsx` is found, which only the sources need.
    cwd: dirname(childScript),
    env,
    execArgv: childScript.endsWith('.ts') ? ['--import', 'tsx'] : [],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    timeout: within,
    killSignal: 'SIGKILL',
  });
  const said: string[] = [];
  if (child.stderr) createInterface({ input: child.stderr }).on('line', (line) => said.push(line));
  let silent = false;
  const check = setTimeout(() => {
    readdir(folder).then(
      (files) => {
        silent = files.length === 0;
        if (silent) child.kill('SIGKILL');
      },
      () => undefined,
    );
  }, beginWithin);
  try {
    await once(child, 'close');
    if (silent) throw new Error('temporal.download does not answer');
    if (child.exitCode !== 0) throw new Error(reasonOf(said) ?? 'it was not through in time');
  } finally {
    clearTimeout(check);
  }
  const binary = join(folder, `temporal-v${cliVersion}${process.platform === 'win32' ? '.exe' : ''}`);
  await access(binary);
  return binary;
}

const childScript = fileURLToPath(
  new URL(`./sdk-download-process${extname(import.meta.url)}`, import.meta.url),
);

/** The SDK's message is a long chain of causes; its end says what is the matter. */
function reasonOf(said: string[]): string | undefined {
  const message = said.findLast((line) => line.trim() !== '')?.trim();
  return message?.split(': ').slice(-2).join(': ');
}
