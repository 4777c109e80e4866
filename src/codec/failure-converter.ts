import {
  DefaultFailureConverter,
  type Payload,
  type PayloadConverter,
  type ProtoFailure,
  type SerializationContext,
} from '@temporalio/common';

/** The metadata of a payload that is part of a failure: the name of the error. */
export const failureMark = 'failure-of';

/** Moves messages and stacks of failures into payloads, which the codec encrypts, and marks all payloads of a failure as such. */
class EncryptedFailureConverter extends DefaultFailureConverter {
  constructor() {
    super({ encodeCommonAttributes: true });
  }

  override errorToFailure(
    error: unknown,
    payloadConverter: PayloadConverter,
    context?: SerializationContext,
  ): ProtoFailure {
    return marked(super.errorToFailure(error, payloadConverter, context), nameOf(error));
  }
}

/** What Temporal loads from this file, in workflows, workers and clients alike. */
export const failureConverter = new EncryptedFailureConverter();

function marked(failure: ProtoFailure, name: string): ProtoFailure {
  const payloads = [
    failure.encodedAttributes,
    ...(failure.applicationFailureInfo?.details?.payloads ?? []),
    ...(failure.canceledFailureInfo?.details?.payloads ?? []),
    ...(failure.timeoutFailureInfo?.lastHeartbeatDetails?.payloads ?? []),
  ];
  for (const payload of payloads) if (payload) mark(payload, name);
  if (failure.cause) marked(failure.cause, name);
  return failure;
}

function mark(payload: Payload, name: string): void {
  const bytes = new TextEncoder().encode(name);
  payload.metadata = { ...payload.metadata, [failureMark]: payload.metadata?.[failureMark] ?? bytes };
}

function nameOf(error: unknown): string {
  return error instanceof Error ? error.name : 'unknown';
}
