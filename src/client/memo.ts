import type { Client, Payload } from '@temporalio/client';
import { isClear, memoFields } from '../contract/index.ts';

/** What a workflow has published in its memo. */
export interface Memo {
  /** The field in clear; `undefined`: none yet. */
  status: unknown;
  /** The other field; `undefined`: none, or one that cannot be decoded here. */
  private: unknown;
}

type Fields = Record<string, Payload> | null | undefined;

/**
 * The memo of a raw answer of Temporal. Each field is decoded by itself, so that one which cannot be decoded spoils nothing
 * else; `clearOnly` leaves the private one alone, which saves its key.
 */
export async function readMemo(
  client: Client,
  workflowId: string,
  fields: Fields,
  { clearOnly = false } = {},
): Promise<Memo> {
  const status = fields?.[memoFields.status];
  const hidden = fields?.[memoFields.private];
  return {
    status: status ? await decoded(client, workflowId, status) : undefined,
    private: hidden && !clearOnly ? await decoded(client, workflowId, hidden) : undefined,
  };
}

async function decoded(client: Client, workflowId: string, payload: Payload): Promise<unknown> {
  const { payloadCodecs, payloadConverter } = client.options.loadedDataConverter;
  const context = { type: 'workflow', namespace: client.options.namespace, workflowId } as const;
  try {
    let payloads = [payload];
    if (!isClear(payload)) {
      for (const codec of payloadCodecs.toReversed()) payloads = await codec.decode(payloads, context);
    }
    const [clear] = payloads;
    return clear ? payloadConverter.fromPayload(clear, context) : undefined;
  } catch {
    return undefined;
  }
}
