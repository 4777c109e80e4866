import { type Payload, RawValue } from '@temporalio/common';

/** The metadata of a payload that the payload codec leaves in clear, because nothing in it is confidential. */
export const clearMark = { name: 'clear-by', value: 'candidate-funnel' } as const;

/** The metadata that marks an encrypted payload as part of a status, for readers who may decrypt only a status. */
export const purposeMark = { name: 'purpose', status: 'status' } as const;

/** A value as JSON, as every SDK and the UI read it, with this metadata. */
export function plainPayload(value: unknown, marks: Readonly<Record<string, string>> = {}): Payload {
  const metadata = Object.entries({ encoding: 'json/plain', ...marks });
  return {
    metadata: Object.fromEntries(metadata.map(([name, text]) => [name, bytesOf(text)])),
    data: bytesOf(JSON.stringify(value)),
  };
}

/** A value that the codec encrypts, and marks as part of a status. */
export function statusPayload(value: unknown): RawValue {
  return RawValue.fromPayload(plainPayload(value, { [purposeMark.name]: purposeMark.status }));
}

/** A value that is stored in clear, whatever codec the process has. */
export function clearPayload(value: unknown): RawValue {
  return RawValue.fromPayload(plainPayload(value, { [clearMark.name]: clearMark.value }));
}

/** True for a payload that {@link clearPayload} made. */
export function isClear({ metadata }: { metadata?: Record<string, Uint8Array> | null }): boolean {
  const mark = metadata?.[clearMark.name];
  return mark !== undefined && new TextDecoder().decode(mark) === clearMark.value;
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
