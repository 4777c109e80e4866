import { once } from 'node:events';
import getPort from 'get-port';
import type { Log } from '../contract/log-fields.ts';
import { DevServerError, ensureTemporal } from '../dev-server/index.ts';

/** Resolves with the first SIGINT or SIGTERM. */
export async function stopSignal(): Promise<void> {
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
}

/** Milliseconds after the first signal within which a process that only serves requests is gone. */
const stopTime = 12_000;

/** Milliseconds within which signals are one: Ctrl-C reaches a process from the terminal and from npm. */
const sameSignal = 500;

/**
 * Resolves with the first SIGINT or SIGTERM, and logs what the process finishes before it ends. From then on a second signal,
 * or the end of `within` milliseconds, ends the process with exit code 1, whatever still holds it.
 */
export async function stopRequested(
  name: string,
  {
    finishes,
    logger,
    within = stopTime,
  }: { finishes: string; logger: Pick<Log, 'info' | 'error'>; within?: number },
): Promise<void> {
  await stopSignal();
  let isSecond = false;
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      if (isSecond) leave('a second signal came');
    });
  setTimeout(() => {
    isSecond = true;
  }, sameSignal).unref();
  logger.info({}, `${name} stops: finishes ${finishes}; a second signal ends it at once`);
  const leave = (why: string) => {
    logger.error({}, `${name} stopped before everything was closed: ${why}`);
    process.exit(1);
  };
  setTimeout(() => leave(`${within / 1000} seconds are over`), within).unref();
}

/** Listens on the port that people expect, or on a free one when somebody else has just taken it. */
export async function listenNear<T>(port: number, listen: (port: number) => Promise<T>): Promise<T> {
  return listen(port).catch((error: unknown) => {
    if (isTaken(error)) return listen(0);
    throw error;
  });
}

function isTaken(error: unknown): boolean {
  if (error instanceof DevServerError) return error.type === 'PortInUse';
  // Windows says EACCES of a port that it keeps for itself.
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'EADDRINUSE' || code === 'EACCES';
}

/** The Temporal server that `TEMPORAL_ADDRESS` names, or one of our own on its usual ports, or on others. */
export async function usualTemporal(options: {
  onProgress: (line: string) => void;
  dbFile?: string;
  uiCodecEndpoint?: string;
}): ReturnType<typeof ensureTemporal> {
  ownTemporal();
  const uiPort = await usualPort(8233);
  return listenNear(await usualPort(7233), (port) =>
    ensureTemporal({ ...options, env: process.env, port, uiPort: port === 0 ? 0 : uiPort }),
  );
}

async function usualPort(port: number): Promise<number> {
  return getPort({ port, host: '127.0.0.1' });
}

/** Without `TEMPORAL_ADDRESS` the server is one of our own: nobody else's namespace, TLS or key applies to it. */
export function ownTemporal(): void {
  if (process.env['TEMPORAL_ADDRESS']?.trim()) return;
  for (const name of Object.keys(process.env)) if (name.startsWith('TEMPORAL_')) delete process.env[name];
}
