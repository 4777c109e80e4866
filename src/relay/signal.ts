import { type Client, isGrpcServiceError, WorkflowNotFoundError } from '@temporalio/client';
import { NamespaceNotFoundError } from '@temporalio/common';
import { type RiskosEvent, riskosEventSignal, workflowIdOf } from '../contract/index.ts';
import type { Refusal } from './refusals.ts';

type Signalled = 'signalled' | 'no_open_funnel' | Extract<Refusal, `temporal_${string}`>;

export interface Signaller {
  /** Signals the funnel, and gives up after the deadline. Never rejects. */
  signal(applicationId: string, event: RiskosEvent): Promise<Signalled>;
  /** Resolves when the calls that were given up have ended too: the connection may be closed then. */
  settled(): Promise<void>;
}

/** `deadline`: milliseconds; the client's own retries go on for longer. */
export function createSignaller(temporal: Client, deadline: number): Signaller {
  const underWay = new Set<Promise<Signalled>>();
  return {
    signal: (applicationId, event) => {
      const sending = send(temporal, applicationId, event, deadline);
      underWay.add(sending);
      return new Promise((resolve) => {
        const late = setTimeout(() => resolve('temporal_slow'), deadline);
        void sending.then((signalled) => {
          clearTimeout(late);
          underWay.delete(sending);
          resolve(signalled);
        });
      });
    },
    settled: async () => {
      await Promise.allSettled(underWay);
    },
  };
}

async function send(
  temporal: Client,
  applicationId: string,
  event: RiskosEvent,
  deadline: number,
): Promise<Signalled> {
  const handle = temporal.workflow.getHandle(workflowIdOf(applicationId));
  try {
    await temporal.connection.withDeadline(Date.now() + deadline, () =>
      handle.signal<[RiskosEvent]>(riskosEventSignal, event),
    );
    return 'signalled';
  } catch (error) {
    return classify(error);
  }
}

/** gRPC's status codes that have a meaning here; all others are `temporal_failed`. */
const meanings = new Map<number, Signalled>([
  [4, 'temporal_slow'],
  [7, 'temporal_not_permitted'],
  [8, 'temporal_rate_limited'],
  [14, 'temporal_unreachable'],
  [16, 'temporal_not_permitted'],
]);

/** A wrong namespace is "not found" too, but says nothing about the funnel: the event must come again. */
function classify(error: unknown): Signalled {
  if (error instanceof NamespaceNotFoundError) return 'temporal_wrong_namespace';
  if (error instanceof WorkflowNotFoundError) return 'no_open_funnel';
  const cause = error instanceof Error && !isGrpcServiceError(error) ? error.cause : error;
  return isGrpcServiceError(cause) ? (meanings.get(cause.code) ?? 'temporal_failed') : 'temporal_failed';
}
