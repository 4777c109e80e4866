import { setTimeout } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { tsToMs } from '@temporalio/common/lib/time.js';
import type { History } from '@temporalio/common/lib/proto-utils.js';

export type Event = NonNullable<History['events']>[number];

export interface Recorded {
  events: Event[];
  /** `historySizeBytes` of DescribeWorkflowExecution: what the server stores, and what it limits to 50 MB. */
  bytes: number;
}

/** The history of a workflow, once no workflow task is under way and nothing was added for `quiet` milliseconds. */
export async function historyAtRest(client: Client, workflowId: string, quiet = 300): Promise<Recorded> {
  const handle = client.workflow.getHandle(workflowId);
  for (let before = -1; ; await setTimeout(quiet)) {
    const { events } = await handle.fetchHistory();
    if (!events) throw new Error(`${workflowId} has no history`);
    if (events.length === before && !underWay(events)) {
      if (events[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId) {
        throw new Error(`${workflowId} has continued as new: this would be only the last run's cost`);
      }
      return { events, bytes: (await handle.describe()).historySize ?? 0 };
    }
    before = events.length;
  }
}

/** Whether a workflow task waits for a worker, or is with one. */
export function underWay(events: Event[]): boolean {
  const last = events.at(-1);
  return Boolean(last?.workflowTaskScheduledEventAttributes ?? last?.workflowTaskStartedEventAttributes);
}

/** Milliseconds since 1970, by the server's clock. */
export function timeOf(event: Event): number {
  return tsToMs(event.eventTime);
}

/** Whether the event is the upsert that gives this search attribute this value. */
export function shows(event: Event, attribute: string, value: string): boolean {
  const fields = event.upsertWorkflowSearchAttributesEventAttributes?.searchAttributes?.indexedFields;
  const data = fields?.[attribute]?.data;
  return data ? Buffer.from(data).toString() === JSON.stringify(value) : false;
}

/** The events from the upsert on, itself included. */
export function eventsSince(events: Event[], attribute: string, value: string): Event[] {
  const begin = events.findIndex((event) => shows(event, attribute, value));
  if (begin === -1) throw new Error(`the history has no ${attribute} = ${value}`);
  return events.slice(begin);
}
