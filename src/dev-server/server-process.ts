import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { Environment } from './cli-version.ts';

export interface ServerProcess {
  pid: number;
  /** Resolves, with how it ended in words, when it is gone. */
  exited: Promise<string>;
  /** Resolves when it printed a matching line to stdout; rejects when the signal aborts. */
  says(pattern: RegExp, signal: AbortSignal): Promise<void>;
  /** What it printed last, ready to be put behind a message; empty when it printed nothing. */
  lastLines(): string;
  /** SIGTERM, and SIGKILL after so many milliseconds; resolves when it is gone. */
  stop(within: number): Promise<void>;
  kill(): void;
}

/**
 * Runs until its third file descriptor closes, which the system does when this process ends in whatever way; a line
 * there only ends the watching. `exec` makes the shell's pid the server's own.
 */
const diesWithParent = '{ read -r _ || kill -KILL $$; } <&3 >/dev/null 2>&1 & exec "$0" "$@" 3<&-';

/** Starts a program that does not outlive this process, and keeps what it printed last. */
export function startServerProcess(options: {
  binary: string;
  args: string[];
  env: Environment;
  onLog?: (line: string) => void;
}): ServerProcess {
  const { binary, args, env, onLog } = options;
  const child =
    process.platform === 'win32'
      ? spawn(binary, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
      : spawn('/bin/sh', ['-c', diesWithParent, binary, ...args], {
          env,
          stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
          // Ctrl-C on the terminal is for this process, which stops the server after all that uses it.
          detached: true,
        });
  const exited = endOf(child);
  const said: string[] = [];
  const heard = new Set<(line: string) => void>();
  const keep = (line: string) => {
    if (line.trim() === '') return;
    said.push(line);
    if (said.length > 20) said.shift();
    onLog?.(line);
  };
  const printed: string[] = [];
  if (child.stdout) {
    createInterface({ input: child.stdout }).on('line', (line) => {
      keep(line);
      if (printed.length < 20) printed.push(line);
      for (const listener of heard) listener(line);
    });
  }
  if (child.stderr) createInterface({ input: child.stderr }).on('line', keep);

  return {
    pid: child.pid ?? 0,
    exited,
    says: (pattern, signal) =>
      new Promise((resolve, reject) => {
        const listener = (line: string) => {
          if (pattern.test(line)) resolve();
        };
        for (const line of printed) listener(line);
        heard.add(listener);
        signal.addEventListener('abort', () => {
          heard.delete(listener);
          reject(new Error('not said in time', { cause: signal.reason }));
        });
      }),
    lastLines: () =>
      said.length === 0 ? '' : `; it said last:\n${said.map((line) => `  ${line}`).join('\n')}`,
    stop: async (within) => {
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), within);
      await exited;
      clearTimeout(timer);
    },
    kill: () => child.kill('SIGKILL'),
  };
}

/** Waits for the last line as well, not only for the end. */
async function endOf(child: ChildProcess): Promise<string> {
  const watcher = child.stdio[3];
  if (watcher instanceof Writable) watcher.on('error', () => undefined);
  child.once('exit', () => {
    // Otherwise the watcher would later kill whichever process has this pid by then.
    if (watcher instanceof Writable) watcher.end('\n', () => watcher.destroy());
  });
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });
}
