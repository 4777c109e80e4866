import { Client, type ClientOptions } from '@temporalio/client';
import { createFunnelClient, type FunnelClient, remoteCodec, temporalClient } from '../client/index.ts';
import { encryptedClient } from '../codec/index.ts';
import { codecClientSettings, queueSettings, readSettings } from '../config.ts';
import { applicationId } from '../contract/index.ts';
import { InputError } from './errors.ts';
import { keyStoreOfSettings } from './payload-keys.ts';

/** Runs one verb of HR with a client, and lets go of Temporal afterwards. */
export async function withFunnels<T>(work: (funnels: FunnelClient) => Promise<T>): Promise<T> {
  const keys = keyStoreOfSettings();
  const { connection, options } = temporalClient();
  const encryption = keys ? encryptedClient(keys) : throughCodecServer();
  const funnels = createFunnelClient({
    temporal: new Client({ connection, namespace: options.namespace, ...encryption }),
    taskQueue: readSettings(queueSettings).FUNNEL_TASK_QUEUE,
    deadline: 10_000,
    ...(keys ? { findForgotten: (id: string) => keys.tombstone(id) } : {}),
  });
  try {
    return await work(funnels);
  } finally {
    await funnels.close();
    keys?.close();
  }
}

/** The codec server that CODEC_URL names, for a process that holds no key. */
function throughCodecServer(): Pick<ClientOptions, 'dataConverter'> {
  const { CODEC_URL: url, CODEC_TOKEN: token } = readSettings(codecClientSettings);
  if (url === undefined) return {};
  const codec = remoteCodec({ url, ...(token === undefined ? {} : { token }) });
  return { dataConverter: { payloadCodecs: [codec] } };
}

export function parseId(text: string): string {
  const parsed = applicationId.safeParse(text);
  if (!parsed.success) throw new InputError(`the application id ${parsed.error.issues[0]?.message}`);
  return parsed.data;
}
