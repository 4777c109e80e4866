import type { Payload } from '@temporalio/common';
import { plainPayload } from '../contract/index.ts';
import { failureMark } from './failure-converter.ts';

/** Errors whose messages hold no personal data, by their names: what an operator needs to find the cause. */
const safeNames: readonly string[] = ['CodecError', 'StateError', 'DeterminismViolationError'];

/** The SDK's words for arguments that could not be read, by which a workflow knows that the activity never ran. */
const unreadArguments = /^Failed to parse activity args for activity \w+/;

/** True for a part of a failure. */
export function isOfFailure({ metadata }: Payload): boolean {
  return metadata?.[failureMark] !== undefined;
}

/**
 * A part of a failure that cannot be encrypted, without what may hold personal data: the message of a known error stays, any
 * other one is withheld, and so are the stack and the details. The log of the worker has the whole.
 */
export function failureInClear({ metadata, data }: Payload): Payload {
  const name = Buffer.from(metadata?.[failureMark] ?? []).toString();
  const { message, stack_trace: stack } = attributesIn(data);
  const isMessage = typeof message === 'string' && typeof stack === 'string';
  const withheld = `${name}: withheld; the worker's log has it`;
  const unread = isMessage ? unreadArguments.exec(message)?.[0] : undefined;
  const kept = isMessage && safeNames.includes(name) ? message : unread ? `${unread}; ${withheld}` : withheld;
  return plainPayload(isMessage ? { message: kept, stack_trace: '' } : null);
}

function attributesIn(data: Uint8Array | null | undefined): { message?: unknown; stack_trace?: unknown } {
  try {
    return Object(JSON.parse(Buffer.from(data ?? []).toString()));
  } catch {
    return {};
  }
}
