import {
  isGrpcServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { type Refusal, refusals } from '../contract/index.ts';

/** A start, an update or a query was refused; `type` is the documented word, the message says what to do. */
export class FunnelError extends Error {
  override readonly name = 'FunnelError';
  readonly type: Refusal;

  constructor(type: Refusal, message: string, options?: ErrorOptions) {
    super(message, options);
    this.type = type;
  }
}

/** Temporal's errors in the funnel's words; anything else is passed on as it is. */
export function explain(error: unknown, applicationId: string): unknown {
  if (error instanceof WorkflowUpdateFailedError && error.cause instanceof ApplicationFailure) {
    const { type, message } = error.cause;
    const refusal = refusals.find((known) => known === type);
    if (refusal) return new FunnelError(refusal, `${applicationId}: ${message}`, { cause: error });
  }
  if (error instanceof WorkflowExecutionAlreadyStartedError) {
    const message = `${applicationId}: a funnel of this application is open; look at it with "status", or withdraw it first`;
    return new FunnelError('AlreadyOpen', message, { cause: error });
  }
  if (error instanceof WorkflowNotFoundError) {
    return new FunnelError('NotFound', `${applicationId}: there is no such funnel`, { cause: error });
  }
  if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) {
    const message = `${applicationId}: no worker has answered yet; the request may still be carried out when one is back, so look at "status" before you repeat it`;
    return new FunnelError('Unreachable', message, { cause: error });
  }
  if (noWorker(error)) {
    const message = `${applicationId}: no worker answers; start one, on the funnel's task queue`;
    return new FunnelError('Unreachable', message, { cause: error });
  }
  if (unreachable(error)) {
    const message = `${applicationId}: no answer from Temporal; is TEMPORAL_ADDRESS right?`;
    return new FunnelError('Unreachable', message, { cause: error });
  }
  return error;
}

/** gRPC's CANCELLED, DEADLINE_EXCEEDED and UNAVAILABLE. */
const unreachableCodes: readonly number[] = [1, 4, 14];

/** A query of a funnel whose worker is down. */
function noWorker(error: unknown): boolean {
  if (isGrpcServiceError(error)) return /no poller seen|before a worker could process/.test(error.details);
  return error instanceof Error && error.cause !== undefined && noWorker(error.cause);
}

function unreachable(error: unknown): boolean {
  if (isGrpcServiceError(error)) return unreachableCodes.includes(error.code);
  return error instanceof Error && error.cause !== undefined && unreachable(error.cause);
}
