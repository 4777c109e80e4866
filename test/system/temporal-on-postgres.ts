import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { temporalClient } from '../../src/client/index.ts';
import { findTemporal } from '../../src/dev-server/index.ts';
import { registerSearchAttributes } from '../../src/worker/search-attributes.ts';
import getPort, { portNumbers } from 'get-port';
import { type Postgres, startPostgres } from './postgres.ts';
import { findTemporalServer, type TemporalServerFiles } from './temporal-server.ts';

const run = promisify(execFile);
const deploy = join(import.meta.dirname, '..', '..', 'deploy');
const host = '127.0.0.1';

/** Temporal's own server on PostgreSQL, set up by the scripts of `deploy/`, with the funnel's search attributes. */
export interface TemporalOnPostgres {
  /** host:port of the frontend; the namespace is `default`. */
  address: string;
  postgres: Postgres;
  /** SIGKILL. */
  kill(): Promise<void>;
  /** Resolves when it has ended, by whatever. */
  ended(): Promise<unknown>;
  /** Starts it again, on the same port with the same databases; resolves when the namespace can be used. */
  start(): Promise<void>;
  /** Stops both, and deletes the databases. */
  close(): Promise<void>;
}

export interface TemporalOnPostgresOptions {
  /** What docker-compose.yml gives the image of Temporal's server; addresses and ports are this machine's. */
  environment?: Record<string, string>;
  /** Another one than a new one; it is closed with the server. */
  postgres?: Postgres;
  /** The frontend's port. */
  port?: number;
  /** Of databases that were restored: the schema exists. */
  isSetUp?: boolean;
}

/** The settings without which the server does not start; the others have the defaults of Temporal's image. */
const leastEnvironment = { DB: 'postgres12', NUM_HISTORY_SHARDS: '4', LOG_LEVEL: 'error' };

export async function startTemporalOnPostgres(
  options: TemporalOnPostgresOptions = {},
): Promise<TemporalOnPostgres> {
  const files = await findTemporalServer();
  const postgres = options.postgres ?? (await startPostgres({ settings: { max_connections: '200' } }));
  const ports = await choosePorts(options.port);
  const address = `${host}:${ports['FRONTEND_GRPC_PORT']}`;
  const env = {
    PATH: process.env['PATH'],
    HOME: process.env['HOME'],
    ...leastEnvironment,
    ...options.environment,
    ...connectionTo(postgres),
    ...ports,
    BIND_ON_IP: host,
    PROMETHEUS_ENDPOINT: `${host}:${ports['PROMETHEUS_PORT']}`,
    TEMPORAL_BROADCAST_ADDRESS: host,
    DYNAMIC_CONFIG_FILE_PATH: files.dynamicConfig,
  };
  let server: ChildProcess | undefined;
  const end = async (signal: NodeJS.Signals) => {
    server?.kill(signal);
    if (server) await endOf(server);
  };
  const close = async () => {
    await end('SIGKILL');
    await postgres.close();
  };
  const start = async () => {
    server = spawnServer(files, env);
    await createNamespace(address, server);
  };
  try {
    if (!options.isSetUp) await createSchema(postgres, files);
    await start();
    await registerAttributes(address);
  } catch (error) {
    await close();
    throw error;
  }
  return {
    address,
    postgres,
    kill: () => end('SIGKILL'),
    ended: async () => {
      if (server) await endOf(server);
    },
    start,
    close,
  };
}

/** `deploy/temporal-schema.sh`, as the Compose file runs it. */
export async function createSchema(
  postgres: Postgres,
  { programs, schemas }: TemporalServerFiles,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-schema-'));
  const passwordFile = join(folder, 'postgres-password');
  try {
    await writeFile(passwordFile, `${postgres.password}\n`, { mode: 0o600 });
    await run('/bin/sh', [join(deploy, 'temporal-schema.sh')], {
      env: {
        PATH: `${programs}${delimiter}${process.env['PATH']}`,
        POSTGRES_SEEDS: postgres.host,
        DB_PORT: String(postgres.port),
        POSTGRES_USER: postgres.user,
        SQL_PASSWORD_FILE: passwordFile,
        TEMPORAL_SCHEMAS: schemas,
      },
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** `deploy/temporal-namespace.sh`, as the Compose file runs it; it waits for the server. */
async function createNamespace(address: string, server: ChildProcess): Promise<void> {
  const temporal = await findTemporal({ env: process.env, onProgress: () => {} });
  const gone = new AbortController();
  const script = run('/bin/sh', [join(deploy, 'temporal-namespace.sh')], {
    env: {
      PATH: `${dirname(temporal)}${delimiter}${process.env['PATH']}`,
      HOME: process.env['HOME'],
      TEMPORAL_ADDRESS: address,
      TEMPORAL_NAMESPACE: 'default',
      PAUSE: '0.5',
      TRIES: '240',
    },
    signal: gone.signal,
  });
  // It would wait for a server that is gone.
  void endOf(server).then(() => gone.abort());
  await script.catch((error: unknown) => {
    if (!gone.signal.aborted) throw error;
    throw new Error(`Temporal's server ended while it started: ${logOf.get(server)}`);
  });
}

/** A server that has just started may not know its namespace in all of its parts. */
async function registerAttributes(address: string): Promise<void> {
  const { connection } = temporalClient(address);
  try {
    for (let tries = 1; ; tries++) {
      try {
        await registerSearchAttributes(connection, 'default');
        return;
      } catch (error) {
        if (tries === 50) throw error;
        await sleep(500);
      }
    }
  } finally {
    await connection.close();
  }
}

function connectionTo({ port, user, password }: Postgres): Record<string, string> {
  return {
    POSTGRES_SEEDS: host,
    DB_PORT: String(port),
    // The image's own template takes DB_PORT for both databases; this one does not.
    VISIBILITY_DB_PORT: String(port),
    POSTGRES_USER: user,
    POSTGRES_PWD: password,
  };
}

/** What each server printed last. */
const logOf = new WeakMap<ChildProcess, string>();

function spawnServer(files: TemporalServerFiles, env: Record<string, string | undefined>): ChildProcess {
  const args = ['--root', dirname(files.config), '--config', 'config', '--env', 'docker'];
  const child = spawn(join(files.programs, 'temporal-server'), [...args, '--allow-no-auth', 'start'], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) =>
      logOf.set(child, ((logOf.get(child) ?? '') + chunk.toString()).slice(-4000)),
    );
  }
  const dieTogether = () => child.kill('SIGKILL');
  process.once('exit', dieTogether);
  child.once('exit', () => process.off('exit', dieTogether));
  return child;
}

/** All below 32768: the membership table has 16 bits with a sign for each. */
const portNames = [
  'FRONTEND_GRPC_PORT',
  'FRONTEND_HTTP_PORT',
  'FRONTEND_MEMBERSHIP_PORT',
  'MATCHING_GRPC_PORT',
  'MATCHING_MEMBERSHIP_PORT',
  'HISTORY_GRPC_PORT',
  'HISTORY_MEMBERSHIP_PORT',
  'WORKER_GRPC_PORT',
  'WORKER_MEMBERSHIP_PORT',
  'PROMETHEUS_PORT',
] as const;

async function choosePorts(frontend: number | undefined): Promise<Record<string, string>> {
  const from = 15_000 + Math.floor(Math.random() * 15_000);
  const free: string[] = [];
  while (free.length < portNames.length) {
    free.push(
      String(await getPort({ host, port: portNumbers(from, from + 500), exclude: free.map(Number) })),
    );
  }
  const ports = Object.fromEntries(portNames.map((name, at) => [name, free[at] ?? '']));
  return { ...ports, ...(frontend === undefined ? {} : { FRONTEND_GRPC_PORT: String(frontend) }) };
}

async function endOf(child: ChildProcess): Promise<void> {
  if (!hasEnded(child)) await once(child, 'exit');
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}
