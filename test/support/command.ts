import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** One run of the command. */
export interface Order {
  args: string[];
  env: Record<string, string>;
  /** What is on standard input. */
  input?: string;
  /** Its folder; by default that of the tests. */
  cwd?: string;
}

export interface Run {
  code: number | null;
  stdout: string;
  stderr: string;
}

const host = fileURLToPath(new URL('command-host.ts', import.meta.url));
const main = fileURLToPath(new URL('../../dist/src/cli/main.js', import.meta.url));

/** Hosts that have nothing to do; they end with this process. */
const idle: ChildProcess[] = [];

/** Runs the command in a process that has its modules loaded, which no other run uses meanwhile. */
export async function runInHost(order: Order): Promise<Run> {
  const child = idle.pop() ?? start();
  child.ref();
  const outputs = Promise.all([untilEnd(child, child.stdout), untilEnd(child, child.stderr)]);
  child.send(order);
  const [stdout, stderr] = await outputs;
  idle.push(child);
  // Only a run that is under way keeps this process alive.
  child.unref();
  return { code: stdout.code, stdout: stdout.text, stderr: stderr.text };
}

const mark = '\u0000';

/** What stands at the end of each output of a run. */
export function endOf(code: number): string {
  return `${mark}${code}${mark}`;
}

function start(): ChildProcess {
  return fork(host, [main], {
    execArgv: ['--import', 'tsx'],
    env: { ...process.env, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
}

async function untilEnd(
  child: ChildProcess,
  stream: NodeJS.ReadableStream | null,
): Promise<{ text: string; code: number }> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const stop = () => {
      stream?.off('data', take);
      child.off('exit', fail);
    };
    const fail = () => {
      stop();
      reject(new Error(`the command ended its host: ${Buffer.concat(chunks).toString()}`));
    };
    const take = (chunk: Buffer) => {
      chunks.push(chunk);
      const [text = '', code, rest] = Buffer.concat(chunks).toString().split(mark);
      if (rest === undefined) return;
      stop();
      resolve({ text, code: Number(code) });
    };
    stream?.on('data', take);
    child.once('exit', fail);
  });
}
