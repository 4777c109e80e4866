import {
  type Client,
  Connection,
  isGrpcServiceError,
  WorkflowFailedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure, CancelledFailure, TerminatedFailure, TimeoutFailure } from '@temporalio/common';
import { isKeyForgotten, type Refusal, refusals } from '../contract/index.ts';
import type { Ending } from './execution.ts';

/** A start, an update or a query was refused; `type` is the documented word, the message says what to do. */
export class FunnelError extends Error {
  override readonly name = 'FunnelError';
  readonly type: Refusal;

  constructor(type: Refusal, message: string, options?: ErrorOptions) {
    super(message, options);
    this.type = type;
  }
}

/** Temporal's errors in the funnel's words; an error of a payload codec or of our own is passed on as it is. */
export function explain(error: unknown, applicationId: string, client: Client): unknown {
  if (error instanceof FunnelError) return error;
  if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure) {
    const { type, message } = error.cause;
    const refusal = refusals.find((known) => known === type);
    if (refusal) {
      const reason = reasonIn(message, `refused (${refusal}); `);
      return new FunnelError(refusal, `${applicationId}: ${reason}`, { cause: error });
    }
  }
  if (isKeyForgotten(error)) return forgotten(applicationId, undefined, error);
  if (isNotFound(error)) {
    return new FunnelError('NotFound', `${applicationId}: there is no such funnel`, { cause: error });
  }
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) {
    const message = `${applicationId}: neither Temporal${addressOf(client)} nor a worker answered in time; the request may still be carried out, so look at "status" before you repeat it`;
    return new FunnelError('Unreachable', message, { cause: error });
  }
  if (noWorker(error)) {
    const message = `${applicationId}: no worker answers; start one, on the funnel's task queue`;
    return new FunnelError('Unreachable', message, { cause: error });
  }
  if (isUnreachable(error)) {
    const message = `${applicationId}: no answer from Temporal${addressOf(client)}; is TEMPORAL_ADDRESS right?`;
    return new FunnelError('Unreachable', message, { cause: error });
  }
  const answer = grpcErrorOf(error);
  // A namespace that is not there is a wrong setting.
  if (!answer || answer.code === notFound) return error;
  const remedy = denied.includes(answer.code)
    ? '; check TEMPORAL_API_KEY and the role that its owner has in the namespace'
    : '';
  const message = `${applicationId}: Temporal refused the call: ${wordsOf(answer)}${remedy}`;
  return new FunnelError('TemporalRefused', message, { cause: error });
}

/** The code's name and the details: Temporal repeats ids and queries there, and never a payload. */
function wordsOf({ message }: Error): string {
  return (message.split('\n', 1)[0] ?? '').replace(/^\d+ /, '').replace(/\.$/, '');
}

/** What the SDK leaves as the message of a failure that it could not decrypt. */
const encoded = 'Encoded failure';

/** The message of a failure; `before` begins the sentence in its place where it could not be decrypted. */
function reasonIn(message: string, before = ''): string {
  if (message !== encoded) return message;
  return `${before}the reason is encrypted, and this process could not decrypt it; check its codec (CODEC_URL, or the keys)`;
}

/** Why a workflow has no result: its start argument was refused, or somebody else ended it. */
export function explainResult(error: unknown, applicationId: string, client: Client): unknown {
  if (!(error instanceof WorkflowFailedError)) return explain(error, applicationId, client);
  const { cause } = error;
  if (cause instanceof ApplicationFailure && cause.type === 'InvalidApplication') {
    const reason = reasonIn(cause.message);
    return new FunnelError('InvalidApplication', `${applicationId}: ${reason}`, { cause: error });
  }
  // A client without encryption started a forgotten application; `ensureKey` then fails.
  if (cause instanceof ApplicationFailure && cause.type === 'Forgotten') {
    return forgotten(applicationId, undefined, error);
  }
  return endedInTemporal(applicationId, endingOf(cause), error);
}

/** Who had an application forgotten, and when (ISO 8601). */
export interface ForgottenBy {
  at: string;
  by: string;
  reason: string;
}

export function forgotten(applicationId: string, of: ForgottenBy | undefined, cause?: unknown): FunnelError {
  const when = of ? ` at ${of.at} by ${of.by}: ${of.reason}` : '';
  return new FunnelError(
    'Forgotten',
    `${applicationId}: this application was forgotten${when}; its data is deleted; to start again, use a new application id`,
    { cause },
  );
}

/** The workflow was ended from outside. The message leaves out the reason of a termination, which is free text. */
export function endedInTemporal(applicationId: string, ending: Ending, cause: unknown): FunnelError {
  return new FunnelError(
    'EndedInTemporal',
    `${applicationId}: the funnel did not close: its workflow ${endingsInWords[ending]} in Temporal, whose UI shows why; start the application again with { again: true }`,
    { cause },
  );
}

const endingsInWords: Record<Ending, string> = {
  failed: 'failed',
  canceled: 'was cancelled',
  terminated: 'was terminated',
  timed_out: 'timed out',
};

function endingOf(cause: unknown): Ending {
  if (cause instanceof TerminatedFailure) return 'terminated';
  if (cause instanceof TimeoutFailure) return 'timed_out';
  return cause instanceof CancelledFailure ? 'canceled' : 'failed';
}

/** gRPC's INVALID_ARGUMENT and NOT_FOUND. */
const [invalidArgument, notFound] = [3, 5];

export function isNotFound(error: unknown): boolean {
  if (error instanceof WorkflowNotFoundError) return true;
  if (!isGrpcServiceError(error)) return false;
  const code: number = error.code;
  // Temporal answers this while it deletes the workflow.
  if (code === invalidArgument) return /history not found/i.test(error.details);
  return code === notFound && !/namespace/i.test(error.details);
}

/** gRPC's CANCELLED, DEADLINE_EXCEEDED and UNAVAILABLE. */
const unreachableCodes: readonly number[] = [1, 4, 14];

/** gRPC's PERMISSION_DENIED and UNAUTHENTICATED. */
const denied: readonly number[] = [7, 16];

/** True for a query that no worker answers. */
function noWorker(error: unknown): boolean {
  return /no poller seen|before a worker could process/.test(grpcErrorOf(error)?.details ?? '');
}

/** True if Temporal gave no answer. */
export function isUnreachable(error: unknown): boolean {
  const answer = grpcErrorOf(error);
  return answer !== undefined && unreachableCodes.includes(answer.code);
}

/** The error of Temporal's API behind the SDK's own, which says only what it was doing. */
function grpcErrorOf(error: unknown): (Error & { code: number; details: string }) | undefined {
  if (isGrpcServiceError(error)) return error;
  return error instanceof Error && error.cause !== undefined ? grpcErrorOf(error.cause) : undefined;
}

function addressOf({ connection }: Client): string {
  return connection instanceof Connection ? ` at ${connection.options.address}` : '';
}
