import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { type Run, runInHost } from './command.ts';

const command = fileURLToPath(new URL('../../bin/candidate-funnel.js', import.meta.url));

/** Verbs that begin a process; the others do something and end. */
const processVerbs = ['demo', 'dev', 'worker', 'relay', 'codec-server', 'monitor', 'emulator'];

/**
 * Runs `candidate-funnel` to its end: with settings of Node.js or the verb of a process as a user would, in a new process; otherwise in
 * one that has the modules loaded already, as a process too that is `refused`: that ends because of its settings before it begins.
 */
export async function run(
  args: string[],
  env: Record<string, string> = {},
  input?: string,
  { cwd, refused = args.includes('--help') }: { cwd?: string; refused?: boolean } = {},
): Promise<Run> {
  const isAlone =
    // Node.js reads them when it starts.
    Object.keys(env).some((name) => name.startsWith('NODE_')) ||
    (processVerbs.includes(args[0] ?? '') && !refused);
  const folder = cwd === undefined ? {} : { cwd };
  if (!isAlone)
    return runInHost({
      args,
      env: environmentWith(env),
      ...(input === undefined ? {} : { input }),
      ...folder,
    });
  const child = spawnCommand(args, env, folder);
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
  return spawn(process.execPath, [program, ...args], {
    env: environmentWith(env),
    stdio: ['pipe', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
  });
}

function environmentWith(env: Record<string, string>): Record<string, string> {
  const inherited = Object.entries(process.env).flatMap(([name, value]) =>
    value === undefined ||
    /^(TEMPORAL|RISKOS|RELAY|ARCHIVE|FUNNEL|PAYLOAD|KEY_STORE|CODEC|WORKER)_/.test(name)
      ? []
      : [[name, value]],
  );
  // Tests of encryption say so.
  return { ...Object.fromEntries(inherited), NO_COLOR: '1', PAYLOAD_ENCRYPTION: 'off', ...env };
}

function collect(stream: NodeJS.ReadableStream | null): () => string {
  let text = '';
  stream?.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  return () => text;
}
