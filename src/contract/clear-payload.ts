import { RawValue } from '@temporalio/common';

/** The metadata of a payload that the payload codec leaves in clear, because it holds nothing that only some may read. */
export const clearMark = { name: 'clear-by', value: 'candidate-funnel' } as const;

/** The metadata that says what an encrypted payload is, for a reader who may see a status and nothing else. */
export const purposeMark = { name: 'purpose', status: 'status' } as const;

/** A value that the codec encrypts, and marks as part of a status. */
export function statusPayload(value: unknown): RawValue {
  return RawValue.fromPayload({
    metadata: {
      encoding: bytesOf('json/plain'),
      [purposeMark.name]: bytesOf(purposeMark.status),
    },
    data: bytesOf(JSON.stringify(value)),
  });
}

/** A value that is stored in clear, whatever codec the process has. */
export function clearPayload(value: unknown): RawValue {
  return RawValue.fromPayload({
    metadata: {
      encoding: bytesOf('json/plain'),
      [clearMark.name]: bytesOf(clearMark.value),
    },
    data: bytesOf(JSON.stringify(value)),
  });
}

/** True for a payload that {@link clearPayload} made. */
export function isClear({ metadata }: { metadata?: Record<string, Uint8Array> | null }): boolean {
  const mark = metadata?.[clearMark.name];
  return mark !== undefined && new TextDecoder().decode(mark) === clearMark.value;
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
