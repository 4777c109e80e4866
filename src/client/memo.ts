import type { Client, Payload } from '@temporalio/client';
import { isClear, memoFields } from '../contract/index.ts';

/** What a workflow has published in its memo. */
export interface Memo {
  /** The clear field; `undefined`: none yet. */
  status: unknown;
  /** The private field; `undefined`: none, or not decodable here. */
  private: unknown;
}

type Fields = Record<string, Payload> | null | undefined;

/**
 * The memo of a raw answer of Temporal. Each field is decoded by itself, so that an undecodable field does not affect the other;
 * `clearOnly` skips the private field, which needs a key.
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
