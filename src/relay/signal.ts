import { setTimeout } from 'node:timers/promises';
import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { type RiskosEvent, riskosEventSignal, workflowIdOf } from '../contract/index.ts';

export type Delivery = 'signalled' | 'no_open_funnel' | 'unreachable';

/** Signals the funnel, and gives up after `deadline` milliseconds: the client's own retries take twenty seconds. */
export async function signalFunnel(
  temporal: Client,
  applicationId: string,
  event: RiskosEvent,
  deadline: number,
): Promise<Delivery> {
  const giveUp = new AbortController();
  const late = setTimeout(deadline, 'unreachable' as const, { signal: giveUp.signal }).catch(
    () => 'unreachable' as const,
  );
  try {
    return await Promise.race([send(temporal, applicationId, event, deadline), late]);
  } finally {
    giveUp.abort();
  }
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
