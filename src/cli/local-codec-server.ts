import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Logger } from 'pino';
import { ageWrapper, createKeyStore, createPayloadIdentity, type KeyStore } from '../codec/index.ts';
import { createCodecServer, createKeyCipher } from '../codec/server/index.ts';
import { openStorage } from '../storage/index.ts';
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
 * A codec server on loopback that asks for no token, with a key store and an identity in the folder, which are made if there
 * are none: for `dev` and `demo`, whose candidates are nobody.
 */
export async function startLocalCodecServer(folder: string, logger: Logger): Promise<LocalCodecServer> {
  const keysFolder = resolve(folder, 'payload-keys');
  await mkdir(keysFolder, { recursive: true });
  await chmod(keysFolder, 0o700);
  const identityFile = resolve(folder, 'payload-identity.txt');
  const { identity, recipient } = await keptIdentity(identityFile);
  const keysUrl = pathToFileURL(keysFolder).href;
  const keys = createKeyStore(openStorage(keysUrl), ageWrapper([recipient], identity));
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

/** In the form that age-keygen writes. */
async function keptIdentity(file: string): Promise<{ identity: string; recipient: string }> {
  const known = await readFile(file, 'utf8').catch(() => '');
  const recipient = /^# public key: (age1\S+)$/m.exec(known)?.[1];
  if (recipient !== undefined) return { identity: known, recipient };
  const made = await createPayloadIdentity();
  await writeFile(file, `# public key: ${made.recipient}\n${made.identity}\n`, { mode: 0o600 });
  return made;
}
