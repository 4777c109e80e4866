import { chmod, mkdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { ParentLog } from '../contract/log-fields.ts';
import { type KeyStore, openKeyStore } from '../codec/index.ts';
import { createCodecServer, createKeyCipher } from '../codec/server/index.ts';
import { keptIdentity } from './kept-identity.ts';
import { listenNear } from './process.ts';

export interface LocalCodecServer {
  url: string;
  keys: KeyStore;
  /** Lets the pages of this UI ask, under both names of this machine. */
  allow(uiUrl: string | undefined): void;
  close(): Promise<void>;
}

/** Of a Temporal that somebody else started: the usual ports of its UI. */
const usualUis = ['http://127.0.0.1:8233', 'http://127.0.0.1:8080'];

/**
 * A codec server on loopback that asks for no token, with a key store and an identity in the folder, which are made the
 * first time: for `dev` and `demo`, whose candidates are nobody.
 */
export async function startLocalCodecServer(folder: string, logger: ParentLog): Promise<LocalCodecServer> {
  const keysFolder = resolve(folder, 'payload-keys');
  await mkdir(keysFolder, { recursive: true });
  await chmod(keysFolder, 0o700);
  const { identity, recipient } = await keptIdentity(resolve(folder, 'payload-identity.txt'));
  const keys = openKeyStore({ url: pathToFileURL(keysFolder).href, recipients: [recipient], identity });
  const origins: string[] = [];
  const allow = (uiUrl: string) => {
    const { port, origin } = new URL(uiUrl);
    origins.push(origin, `http://localhost:${port}`);
  };
  const auditLog = logger.child({ name: 'codec-server' });
  const server = await createCodecServer({
    cipher: createKeyCipher(keys),
    authentication: 'off',
    origins,
    logger,
    audit: (line) => auditLog.info(line, 'audit'),
  });
  const url = await listenNear(8081, (port) => server.listen({ host: '127.0.0.1', port }));
  return {
    url,
    keys,
    allow: (uiUrl) => {
      for (const one of uiUrl === undefined ? usualUis : [uiUrl]) allow(one);
    },
    close: async () => {
      await server.close();
      keys.close();
    },
  };
}
