import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { TypedSearchAttributes } from '@temporalio/common';
import getPort from 'get-port';
import { searchAttributes as funnelsSearchAttributes } from '../contract/index.ts';
import type { Environment } from './cli-version.ts';
import { untilHealthy } from './health.ts';
import { type ServerProcess, startServerProcess } from './server-process.ts';

export type DevServerProblem = 'PortInUse' | 'NotLoopback' | 'DevServerFailed';

/** The dev server does not start: a port is taken, or the server says something else. */
export class DevServerError extends Error {
  readonly type: DevServerProblem;
  constructor(type: DevServerError['type'], message: string) {
    super(message);
    this.type = type;
  }
}

export interface DevServerOptions {
  binary: string;
  /** A loopback address, 127.0.0.1 unless told: the dev server asks nobody for a password. */
  host?: string;
  /** The frontend's port; absent or 0: a free one. */
  port?: number;
  /** The UI's port; absent or 0: a free one; false: no UI. */
  uiPort?: number | false;
  /** The codec server that the UI's pages ask; people can choose another in the UI. */
  uiCodecEndpoint?: string;
  /** Keeps everything in this SQLite file; without it, all is gone when the server stops. */
  dbFile?: string;
  /** Registered in the namespace `default`; the funnel's unless told. */
  searchAttributes?: Record<string, (typeof funnelsSearchAttributes)[keyof typeof funnelsSearchAttributes]>;
  /** Added to, or in place of, the settings it needs; values are JSON. */
  dynamicConfig?: Record<string, string>;
  extraArgs?: string[];
  /** Gets each line the server prints. */
  onLog?: (line: string) => void;
  /** The server's environment without its TEMPORAL_ variables; this process's unless told. */
  env?: Environment;
  /** Milliseconds in which it must be healthy. */
  startWithin?: number;
  /** Milliseconds that it gets to stop by itself. */
  stopWithin?: number;
}

export interface DevServer {
  /** host:port of the frontend. */
  address: string;
  /** Absent without a UI. */
  uiUrl?: string;
  pid: number;
  /** SIGTERM, after a while SIGKILL; resolves when it is gone, also after {@link DevServer.kill}. */
  stop(): Promise<void>;
  /** SIGKILL, at once: for tests of recovery. */
  kill(): void;
}

/** Without these a dev server throttles itself, fires short timers after a second, and stalls between partitions. */
const defaultDynamicConfig: Readonly<Record<string, string>> = {
  'history.transferProcessorMaxPollRPS': '5000',
  'history.timerProcessorMaxPollRPS': '5000',
  'history.visibilityProcessorMaxPollRPS': '5000',
  'history.timerProcessorMaxTimeShift': '"1ms"',
  'matching.numTaskqueueReadPartitions': '1',
  'matching.numTaskqueueWritePartitions': '1',
  // It would ask a server on the internet whether there is a newer release.
  'frontend.enableServerVersionCheck': 'false',
};

/** A commit costs a fraction of the default's, and a killed server still loses nothing. */
const writeAheadLog = ['--sqlite-pragma=journal_mode=wal', '--sqlite-pragma=synchronous=normal'];

/** Between choosing a free port and the server's taking it, another process may take it. */
const portTries = 5;

/**
 * Starts a Temporal dev server on loopback and resolves when it answers and knows the search attributes. It ends with
 * this process, however that ends. Rejects with {@link DevServerError}.
 */
export async function startDevServer(options: DevServerOptions): Promise<DevServer> {
  const { host = '127.0.0.1' } = options;
  if (!/^127(\.\d{1,3}){3}$/.test(host)) {
    throw new DevServerError(
      'NotLoopback',
      `the Temporal dev server listens on 127.0.0.1 only, not on ${host}`,
    );
  }
  if (options.dbFile !== undefined) await mkdir(dirname(options.dbFile), { recursive: true });
  for (let tries = 1; ; tries += 1) {
    const ports = await choosePorts(host, options);
    const outcome = await start(options, host, ports);
    if (typeof outcome !== 'string') return outcome;
    const taken = [options.port, options.uiPort].find((port) => port && mentions(outcome, port));
    if (taken) {
      throw new DevServerError(
        'PortInUse',
        `port ${taken} of ${host} is in use; stop what listens there, or choose another port for the Temporal dev server`,
      );
    }
    if (!/address already in use|only one usage of each socket/i.test(outcome) || tries === portTries) {
      throw new DevServerError('DevServerFailed', outcome);
    }
  }
}

interface Ports {
  port: number;
  uiPort: number | false;
}

async function choosePorts(host: string, { port, uiPort }: DevServerOptions): Promise<Ports> {
  return {
    port: port || (await getPort({ host })),
    uiPort: uiPort === false ? false : uiPort || (await getPort({ host })),
  };
}

/** The server, or what went wrong in words. */
async function start(
  options: DevServerOptions,
  host: string,
  { port, uiPort }: Ports,
): Promise<DevServer | string> {
  const address = `${host}:${port}`;
  const { startWithin = 60_000, stopWithin = 10_000, searchAttributes = funnelsSearchAttributes } = options;
  const server = startServerProcess({
    binary: options.binary,
    args: argsOf({ ...options, searchAttributes }, host, { port, uiPort }),
    env: withoutTemporal(options.env ?? process.env),
    ...(options.onLog === undefined ? {} : { onLog: options.onLog }),
  });
  const problem = await untilReady(server, {
    address,
    port,
    names: Object.values(searchAttributes).map(({ name }) => name),
    within: startWithin,
  });
  if (problem !== undefined) {
    await server.stop(0);
    return `${problem}${server.lastLines()}`;
  }
  return {
    address,
    ...(uiPort === false ? {} : { uiUrl: `http://${host}:${uiPort}` }),
    pid: server.pid,
    stop: () => server.stop(stopWithin),
    kill: () => server.kill(),
  };
}

/** Undefined when all is well; else what is wrong. */
async function untilReady(
  server: ServerProcess,
  { address, port, names, within }: { address: string; port: number; names: string[]; within: number },
): Promise<string | undefined> {
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), within);
  try {
    return await Promise.race([
      server.exited.then((how) => `the Temporal dev server ended before it was ready (${how})`),
      // Its own word first: whoever answers on that port could be another server that was quicker.
      server
        .says(new RegExp(`:${port}\\b`), giveUp.signal)
        .then(() => untilHealthy(address, names, giveUp.signal))
        .then(
          () => undefined,
          () => `the Temporal dev server at ${address} was not ready within ${within / 1000} s`,
        ),
    ]);
  } finally {
    clearTimeout(timer);
    giveUp.abort();
  }
}

function argsOf(
  options: DevServerOptions & { searchAttributes: NonNullable<DevServerOptions['searchAttributes']> },
  host: string,
  { port, uiPort }: Ports,
): string[] {
  const dynamicConfig = { ...defaultDynamicConfig, ...options.dynamicConfig };
  const { dbFile, searchAttributes, uiCodecEndpoint, extraArgs = [] } = options;
  return [
    'server',
    'start-dev',
    `--ip=${host}`,
    `--port=${port}`,
    '--log-level=error',
    ...(uiPort === false ? ['--headless'] : [`--ui-ip=${host}`, `--ui-port=${uiPort}`]),
    ...(uiPort === false || uiCodecEndpoint === undefined ? [] : [`--ui-codec-endpoint=${uiCodecEndpoint}`]),
    ...Object.entries(dynamicConfig).map(([key, value]) => `--dynamic-config-value=${key}=${value}`),
    ...Object.values(searchAttributes).map(
      ({ name, type }) => `--search-attribute=${name}=${TypedSearchAttributes.toMetadataType(type)}`,
    ),
    ...(dbFile === undefined ? [] : [`--db-filename=${dbFile}`, ...writeAheadLog]),
    ...extraArgs,
  ];
}

/** The CLI would read them as flags. */
function withoutTemporal(env: Environment): Environment {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('TEMPORAL_')));
}

function mentions(text: string, port: number): boolean {
  return new RegExp(`\\b${port}\\b`).test(text) && /address already in use|only one usage/i.test(text);
}
