import { once } from 'node:events';
import getPort from 'get-port';

/** Resolves with the first SIGINT or SIGTERM. */
export async function stopSignal(): Promise<void> {
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]);
}

/** The port that people expect, or a free one when it is taken. */
export async function usualPort(port: number): Promise<number> {
  return getPort({ port, host: '127.0.0.1' });
}

/** Listens on the port that people expect, or on a free one when somebody else has just taken it. */
export async function listenNear<T>(port: number, listen: (port: number) => Promise<T>): Promise<T> {
  return listen(port).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return listen(0);
    throw error;
  });
}

/** Without `TEMPORAL_ADDRESS` the server is one of our own: nobody else's namespace, TLS or key applies to it. */
export function ownTemporal(): void {
  if (process.env['TEMPORAL_ADDRESS']?.trim()) return;
  for (const name of Object.keys(process.env)) if (name.startsWith('TEMPORAL_')) delete process.env[name];
}
