import { Client } from '@temporalio/client';
import {
  cachedKeys,
  createPayloadCodec,
  failureConverterPath,
  type KeyStore,
  patientKeys,
} from '../codec/index.ts';
import type { WorkerParts } from '../worker/worker.ts';

/** What a worker needs to encrypt with these keys. */
export function workerEncryption(keys: KeyStore): NonNullable<WorkerParts['encryption']> {
  const codec = createPayloadCodec({ keys: cachedKeys(patientKeys(keys)), unreadable: 'throw' });
  return { keys, dataConverter: { payloadCodecs: [codec], failureConverterPath } };
}

/** The same client, which encrypts, makes the key of an application that has none, and decrypts what it can. */
export function encryptingClient(client: Client, keys: KeyStore): Client {
  const codec = createPayloadCodec({
    keys: cachedKeys({
      get: async (applicationId) => {
        const found = await keys.get(applicationId);
        return found.kind === 'missing' ? { kind: 'found', key: await keys.create(applicationId) } : found;
      },
    }),
    unreadable: 'mark',
  });
  return new Client({
    connection: client.connection,
    namespace: client.options.namespace,
    dataConverter: { payloadCodecs: [codec], failureConverterPath },
  });
}
