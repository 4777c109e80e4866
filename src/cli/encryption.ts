import { Client } from '@temporalio/client';
import {
  cachedKeys,
  createPayloadCodec,
  failureConverterPath,
  type KeyStore,
  patientKeys,
} from '../codec/index.ts';
import type { WorkerParts } from '../worker/worker.ts';

/** For `dev` and `demo`, where one folder has all keys: whoever encrypts first makes the application's key. */
export function localEncryption(keys: KeyStore): {
  worker: NonNullable<WorkerParts['encryption']>;
  client: (client: Client) => Client;
} {
  const made = cachedKeys(
    patientKeys({
      get: async (applicationId) => {
        const found = await keys.get(applicationId);
        return found.kind === 'missing' ? { kind: 'found', key: await keys.create(applicationId) } : found;
      },
    }),
  );
  const converterOf = (unreadable: 'throw' | 'mark') => ({
    payloadCodecs: [createPayloadCodec({ keys: made, unreadable })],
    failureConverterPath,
  });
  return {
    worker: { keys, dataConverter: converterOf('throw') },
    client: ({ connection, options: { namespace } }) =>
      new Client({ connection, namespace, dataConverter: converterOf('mark') }),
  };
}
