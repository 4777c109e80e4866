import { Client, type ClientOptions } from '@temporalio/client';
import {
  createFunnelClient,
  type FindForgotten,
  type FunnelClient,
  remoteCodec,
  remoteTombstones,
  temporalClient,
} from '../client/index.ts';
import { encryptedClient, type KeyStore } from '../codec/index.ts';
import { codecClientSettings, payloadSettings, queueSettings, readSettings } from '../config.ts';
import { applicationId } from '../contract/index.ts';
import { dispatcherOfSettings, fetchThrough } from '../network.ts';
import { InputError } from './errors.ts';
import { keyStoreOfSettings } from './payload-keys.ts';

/** Runs one verb of HR with a client, and lets go of Temporal afterwards. */
export async function withFunnels<T>(
  work: (funnels: FunnelClient, findForgotten: FindForgotten) => Promise<T>,
): Promise<T> {
  const keys = keyStoreOfSettings();
  const { connection, options } = temporalClient();
  const { encryption, findForgotten } = keys ? withKeys(keys) : throughCodecServer();
  const funnels = createFunnelClient({
    temporal: new Client({ connection, namespace: options.namespace, ...encryption }),
    taskQueue: readSettings(queueSettings).FUNNEL_TASK_QUEUE,
    deadline: 10_000,
    findForgotten,
    inClear: readSettings(payloadSettings).PAYLOAD_ENCRYPTION === 'off' ? 'allowed' : 'refused',
  });
  try {
    return await work(funnels, findForgotten);
  } finally {
    await funnels.close();
    keys?.close();
  }
}

/** How the payloads are read, and who knows which applications were forgotten. */
interface Access {
  encryption: Pick<ClientOptions, 'dataConverter'>;
  findForgotten: FindForgotten;
}

function withKeys(keys: KeyStore): Access {
  return { encryption: encryptedClient(keys), findForgotten: (id) => keys.tombstone(id) };
}

/** The codec server that CODEC_URL names, for a process that holds no key. */
function throughCodecServer(): Access {
  const { CODEC_URL: url, CODEC_TOKEN: token } = readSettings(codecClientSettings);
  if (url === undefined) return { encryption: {}, findForgotten: () => Promise.resolve(undefined) };
  const server = {
    url,
    ...(token === undefined ? {} : { token }),
    fetch: fetchThrough(dispatcherOfSettings()),
  };
  return {
    encryption: { dataConverter: { payloadCodecs: [remoteCodec(server)] } },
    findForgotten: remoteTombstones(server),
  };
}

export function parseId(text: string): string {
  const parsed = applicationId.safeParse(text);
  if (!parsed.success) throw new InputError(`the application id ${parsed.error.issues[0]?.message}`);
  return parsed.data;
}
