import { Client } from '@temporalio/client';
import { createFunnelClient, type FunnelClient, temporalClient } from '../client/index.ts';
import { encryptedClient } from '../codec/index.ts';
import { queueSettings, readSettings } from '../config.ts';
import { applicationId } from '../contract/index.ts';
import { InputError } from './errors.ts';
import { keyStoreOfSettings } from './payload-keys.ts';

/** Runs one verb of HR with a client, and lets go of Temporal afterwards. */
export async function withFunnels<T>(work: (funnels: FunnelClient) => Promise<T>): Promise<T> {
  const keys = keyStoreOfSettings();
  const temporal = temporalClient();
  const { connection, options } = temporal;
  const funnels = createFunnelClient({
    temporal: keys
      ? new Client({ connection, namespace: options.namespace, ...encryptedClient(keys) })
      : temporal,
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

export function parseId(text: string): string {
  const parsed = applicationId.safeParse(text);
  if (!parsed.success) throw new InputError(`the application id ${parsed.error.issues[0]?.message}`);
  return parsed.data;
}
