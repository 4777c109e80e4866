import { Client } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { plainPayload } from '../contract/index.ts';
import { FunnelError } from './errors.ts';
import { SettingsError } from './settings.ts';

export function isEncrypted({ metadata }: Payload): boolean {
  return new TextDecoder().decode(metadata?.['encoding'] ?? new Uint8Array()).startsWith('binary/encrypted');
}

/** What is read in place of a payload that nobody could decrypt. */
export function unreadablePayload(why: 'CodecServer' | 'NoCodec'): Payload {
  return plainPayload({ unreadable: why });
}

/** True for an answer that nobody could decrypt, whichever codec was asked. */
export function isUnreadable(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && 'unreadable' in answer;
}

/**
 * A client over the same connection that reads encrypted payloads as unreadable, if the given one has no codec. The SDK would throw
 * on the answer of an update, and hide whether the update was carried out or refused.
 */
export function toleratingEncrypted(client: Client): Client {
  const { loadedDataConverter, namespace, identity, interceptors, workflow } = client.options;
  if (loadedDataConverter.payloadCodecs.length > 0) return client;
  return new Client({
    connection: client.connection,
    namespace,
    identity,
    interceptors,
    workflow,
    dataConverter: {
      ...loadedDataConverter,
      payloadCodecs: [
        {
          encode: (payloads) => Promise.resolve(payloads),
          decode: (payloads) =>
            Promise.resolve(payloads.map((one) => (isEncrypted(one) ? unreadablePayload('NoCodec') : one))),
        },
      ],
    },
  });
}

/** An answer that nobody here could decrypt: it was given, so the call was carried out. */
export function unreadableAnswer(applicationId: string, what: string): FunnelError {
  const message = `${applicationId}: the ${what} is encrypted, and this process could not decrypt it; check its codec (CODEC_URL, or the keys)`;
  return new FunnelError('UnreadableStatus', message);
}

export function storedInClear(applicationId: string): SettingsError {
  return new SettingsError(
    `${applicationId}: nothing was sent, because Temporal would store it in clear: set CODEC_URL (or the keys of the payloads), or PAYLOAD_ENCRYPTION=off`,
  );
}
