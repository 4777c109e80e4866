import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const command = fileURLToPath(new URL('../../bin/candidate-funnel.js', import.meta.url));

export interface Run {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs `candidate-funnel` to its end, as a user would. */
export async function run(
  args: string[],
  env: Record<string, string> = {},
  input = '',
  { cwd }: { cwd?: string } = {},
): Promise<Run> {
  const child = spawnCommand(args, env, cwd === undefined ? {} : { cwd });
  const [stdout, stderr] = [collect(child.stdout), collect(child.stderr)];
  child.stdin?.end(input);
  await once(child, 'close');
  return { code: child.exitCode, stdout: stdout(), stderr: stderr() };
}

/** A running process, and what it has logged. */
export type Running = ChildProcess & { log(): string };

/** Starts `candidate-funnel` as a process of its own, and resolves once its log fulfils `ready`. */
export async function startProcess(
  args: string[],
  env: Record<string, string>,
  ready: RegExp,
  program = command,
): Promise<Running> {
  const child = spawnCommand(args, env, { program });
  let log = '';
  await new Promise<void>((resolve, reject) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      log += chunk.toString();
      if (ready.test(log)) resolve();
    });
    child.once('exit', () => reject(new Error(`candidate-funnel ${args.join(' ')} ended early: ${log}`)));
  });
  return Object.assign(child, { log: () => log });
}

/** SIGKILL, as an orchestrator or the kernel does it. */
export async function killProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

/** Starts `candidate-funnel`, with nothing of the surroundings' settings. */
export function spawnCommand(
  args: string[],
  env: Record<string, string>,
  { cwd, program = command }: { cwd?: string; program?: string } = {},
): ChildProcess {
  const inherited = Object.entries(process.env).filter(
    ([name]) => !/^(TEMPORAL|RISKOS|RELAY|ARCHIVE|FUNNEL|PAYLOAD|KEY_STORE|CODEC)_/.test(name),
  );
  return spawn(process.execPath, [program, ...args], {
    // Tests of encryption say so.
    env: { ...Object.fromEntries(inherited), NO_COLOR: '1', PAYLOAD_ENCRYPTION: 'off', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  });
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  let text = '';
  stream?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return () => text;
}
