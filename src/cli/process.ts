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

/** Without `TEMPORAL_ADDRESS` the server is one of our own: nobody else's namespace, TLS or key applies to it. */
export function ownTemporal(): void {
  if (process.env['TEMPORAL_ADDRESS']?.trim()) return;
  for (const name of Object.keys(process.env)) if (name.startsWith('TEMPORAL_')) delete process.env[name];
}
