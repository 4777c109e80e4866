import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chown, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import getPort, { portNumbers } from 'get-port';
import which from 'which';

const run = promisify(execFile);

/** A PostgreSQL server on loopback, with a data directory of its own that is gone when it is closed. */
export interface Postgres {
  host: string;
  port: number;
  user: string;
  password: string;
  /** The rows that one SQL statement answers, each column as text. */
  query(database: string, sql: string): Promise<string[][]>;
  /** Runs one of PostgreSQL's programs, such as `pg_dump`, against this server, and answers what it printed. */
  program(name: string, ...args: string[]): Promise<string>;
  /** SIGKILL for the server and its children, as when the machine fails. */
  kill(): Promise<void>;
  /** Starts it again after {@link Postgres.kill}, with the same data on the same port. */
  start(): Promise<void>;
  /** Stops it and deletes its data. */
  close(): Promise<void>;
}

/** Every kind of character that a password may have: those that URLs, YAML and shells treat specially. */
const defaultPassword = "p@ss:w/rd?#%41&$HOME+='`{}[]~";

/** PostgreSQL of Debian's package `postgresql`; `settings` are given with `-c`. */
export async function startPostgres({
  user = 'temporal',
  password = defaultPassword,
  settings = {},
}: { user?: string; password?: string; settings?: Record<string, string> } = {}): Promise<Postgres> {
  const host = '127.0.0.1';
  const programs = await findPostgres();
  const owner = await ownerOfData();
  // Below the ports that the system gives to whoever asks: it must be free when the server comes back.
  const from = 15_000 + Math.floor(Math.random() * 15_000);
  const port = await getPort({ host, port: portNumbers(from, from + 100) });
  const folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-postgres-'));
  const data = join(folder, 'data');
  const passwordFile = join(folder, 'password');
  await mkdir(data, { mode: 0o700 });
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (owner) for (const path of [folder, data, passwordFile]) await chown(path, owner.uid, owner.gid);

  const env = { ...process.env, PGHOST: host, PGPORT: String(port), PGUSER: user, PGPASSWORD: password };
  const program = async (name: string, ...args: string[]) =>
    (await run(join(programs, name), args, { env, maxBuffer: 256 * 1024 ** 2 })).stdout;

  await run(
    join(programs, 'initdb'),
    ['-D', data, '-U', user, `--pwfile=${passwordFile}`, '-A', 'scram-sha-256', '-E', 'UTF8', '--no-sync'],
    { cwd: folder, ...owner },
  );
  await rm(passwordFile);

  let server: ChildProcess | undefined;
  const start = async () => {
    const given = {
      listen_addresses: host,
      unix_socket_directories: '',
      // Only a power cut would notice, and none is played here.
      fsync: 'off',
      ...settings,
    };
    const flags = Object.entries(given).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    const child = spawn(join(programs, 'postgres'), ['-D', data, '-p', String(port), ...flags], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
      ...owner,
    });
    server = child;
    const dieTogether = () => child.kill('SIGKILL');
    process.once('exit', dieTogether);
    child.once('exit', () => process.off('exit', dieTogether));
    let log = '';
    child.stderr.on('data', (chunk: Buffer) => {
      log = (log + chunk.toString()).slice(-4000);
    });
    for (;;) {
      if (hasEnded(child)) throw new Error(`PostgreSQL ended while it started: ${log}`);
      const isReady = await program('psql', '-d', 'postgres', '-c', 'select 1').then(
        () => true,
        () => sleep(100, false),
      );
      if (isReady) return;
    }
  };
  const end = async (signal: NodeJS.Signals) => {
    if (!server || hasEnded(server)) return;
    const gone = once(server, 'exit');
    server.kill(signal);
    await gone;
  };
  const close = async () => {
    // "Fast": sessions are ended, nothing is waited for.
    await end('SIGINT');
    await rm(folder, { recursive: true, force: true });
  };
  try {
    await start();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    host,
    port,
    user,
    password,
    query: async (database, sql) => {
      const rows = await program('psql', '-d', database, '-v', 'ON_ERROR_STOP=1', '-AtF', '\t', '-c', sql);
      return rows
        .split('\n')
        .filter((row) => row !== '')
        .map((row) => row.split('\t'));
    },
    program,
    kill: () => end('SIGKILL'),
    start,
    close,
  };
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

/** The folder with PostgreSQL's programs; Debian keeps most of them off the PATH. */
async function findPostgres(): Promise<string> {
  const debian = '/usr/lib/postgresql';
  const releases = await readdir(debian).catch(() => []);
  const newestFirst = releases.toSorted((one, other) => Number(other) - Number(one));
  for (const release of newestFirst) {
    const folder = join(debian, release, 'bin');
    if ((await which(join(folder, 'initdb'), { nothrow: true })) !== null) return folder;
  }
  const onPath = await which('initdb', { nothrow: true });
  if (onPath === null) {
    throw new Error('These tests need PostgreSQL, which is not here: apt-get install postgresql');
  }
  return join(onPath, '..');
}

/** PostgreSQL refuses to run as root: then it runs as the user `postgres`, which Debian's package makes. */
async function ownerOfData(): Promise<{ uid: number; gid: number } | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => run('id', [flag, 'postgres'])));
  return { uid: Number(uid?.stdout), gid: Number(gid?.stdout) };
}
