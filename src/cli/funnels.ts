import { Client, type ClientOptions } from '@temporalio/client';
import { createFunnelClient, type FunnelClient, remoteCodec, temporalClient } from '../client/index.ts';
import { temporalConfig } from '../client/settings.ts';
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
  });
  try {
    return await work(funnels);
  } finally {
    await funnels.close();
    keys?.close();
  }
}

/** Where `dev` has its codec server. */
export const localCodecServer = 'http://127.0.0.1:8081';

/** The codec server that CODEC_URL names; or that of `dev`, if it answers, where Temporal is on this machine. */
function throughCodecServer(): Pick<ClientOptions, 'dataConverter'> {
  const { CODEC_URL, CODEC_TOKEN } = readSettings(codecClientSettings);
  const url = CODEC_URL ?? (temporalIsHere() ? localCodecServer : undefined);
  if (url === undefined) return {};
  const codec = remoteCodec({
    url,
    optional: CODEC_URL === undefined,
    ...(CODEC_TOKEN === undefined ? {} : { token: CODEC_TOKEN }),
  });
  return { dataConverter: { payloadCodecs: [codec] } };
}

function temporalIsHere(): boolean {
  const { address = 'localhost:7233' } = temporalConfig().connectionOptions;
  return /^(localhost|127(\.\d+){3}|\[::1\])(:\d+)?$/i.test(address);
}

export function parseId(text: string): string {
  const parsed = applicationId.safeParse(text);
  if (!parsed.success) throw new InputError(`the application id ${parsed.error.issues[0]?.message}`);
  return parsed.data;
}
