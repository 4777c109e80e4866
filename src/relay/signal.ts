import { setTimeout } from 'node:timers/promises';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { type RiskosEvent, riskosEventSignal, workflowIdOf } from '../contract/index.ts';

export type Delivery = 'signalled' | 'no_open_funnel' | 'unreachable';

export interface Signaller {
  /** Signals the funnel, and gives up after the deadline. */
  signal(applicationId: string, event: RiskosEvent): Promise<Delivery>;
  /** Resolves when the calls that were given up have ended too: the connection may be closed then. */
  settled(): Promise<void>;
}

/** `deadline`: milliseconds; the client's own retries go on for longer. */
export function createSignaller(temporal: Client, deadline: number): Signaller {
  const underWay = new Set<Promise<Delivery>>();
  return {
    signal: async (applicationId, event) => {
      const giveUp = new AbortController();
      const late = setTimeout(deadline, 'unreachable' as const, { signal: giveUp.signal }).catch(
        () => 'unreachable' as const,
      );
      const sending = send(temporal, applicationId, event, deadline);
      underWay.add(sending);
      try {
        return await Promise.race([sending.finally(() => underWay.delete(sending)), late]);
      } finally {
        giveUp.abort();
      }
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
): Promise<Delivery> {
  const handle = temporal.workflow.getHandle(workflowIdOf(applicationId));
  try {
    await temporal.connection.withDeadline(Date.now() + deadline, () =>
      handle.signal<[RiskosEvent]>(riskosEventSignal, event),
    );
    return 'signalled';
  } catch (error) {
    return error instanceof WorkflowNotFoundError ? 'no_open_funnel' : 'unreachable';
  }
}
