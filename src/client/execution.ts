import type { Client } from '@temporalio/client';
import { searchAttributes } from '../contract/index.ts';

/** How a workflow ended in Temporal, if it did not complete. */
export const endings = ['failed', 'canceled', 'terminated', 'timed_out'] as const;
export type Ending = (typeof endings)[number];

/** The condition in Temporal's query language. */
export function endedCondition(how: Ending): string {
  return `ExecutionStatus = '${endingNames[how]}'`;
}

const endingNames: Record<Ending, string> = {
  failed: 'Failed',
  canceled: 'Canceled',
  terminated: 'Terminated',
  timed_out: 'TimedOut',
};

export interface Execution {
  runId: string;
  state: 'running' | 'completed' | Ending;
  /** ISO 8601; `null` while the workflow runs. */
  endedAt: string | null;
  /** True once a worker has begun the workflow, and published its search attributes. */
  begun: boolean;
  /** The memo's fields as Temporal has them, not decoded. */
  memo: RawMemo;
  /** Where the funnel stands, as it last published it in a search attribute; `null` before its first task. */
  stage: string | null;
}

/** One row of Temporal's raw answer to a list. */
export type ListedExecution = Awaited<
  ReturnType<Client['workflowService']['listWorkflowExecutions']>
>['executions'][number];
type RawMemo = NonNullable<ListedExecution['memo']>['fields'];

/**
 * How the workflow stands in Temporal, without asking a worker. Reads the raw answer, so that an
 * undecodable memo does not break it. Without a `runId`, the latest run.
 */
export async function describeExecution(
  client: Client,
  workflowId: string,
  runId?: string,
): Promise<Execution> {
  const { workflowExecutionInfo: info } = await client.workflowService.describeWorkflowExecution({
    namespace: client.options.namespace,
    execution: { workflowId, ...(runId === undefined ? {} : { runId }) },
  });
  const status = stateOf(info?.status);
  const state = status === 'unknown' ? 'running' : status;
  return {
    runId: info?.execution?.runId ?? '',
    state,
    endedAt: state === 'running' ? null : isoOf(info?.closeTime?.seconds),
    begun: info ? hasBegun(info) : false,
    memo: info?.memo?.fields,
    stage: keywordOf(info?.searchAttributes?.indexedFields?.[searchAttributes.stage.name]?.data),
  };
}

/** Search attributes are JSON, which no codec encrypts. */
function keywordOf(data: Uint8Array | null | undefined): string | null {
  if (!data) return null;
  const value: unknown = JSON.parse(Buffer.from(data).toString('utf8'));
  return typeof value === 'string' ? value : null;
}

/** Temporal's enum WorkflowExecutionStatus; a run that continued as new goes on in the next one. */
const states: Partial<Record<number, Execution['state']>> = {
  1: 'running',
  2: 'completed',
  3: 'failed',
  4: 'canceled',
  5: 'terminated',
  6: 'running',
  7: 'timed_out',
};

export function hasBegun({ searchAttributes: attributes }: ListedExecution): boolean {
  return Boolean(attributes?.indexedFields?.[searchAttributes.stage.name]);
}

export function stateOf(status: number | null | undefined): Execution['state'] | 'unknown' {
  return states[status ?? 0] ?? 'unknown';
}

export function isoOf(seconds: { toString(): string } | null | undefined): string | null {
  return seconds ? new Date(Number(seconds.toString()) * 1000).toISOString() : null;
}

export function isEnding(state: string): state is Ending {
  return endings.some((known) => known === state);
}

interface Run {
  runId: string;
  /** Seconds since 1970. */
  startedAt: number;
}

/** A reset terminates the run that it goes on from: both are the same funnel. */
async function wasReset(client: Client, workflowId: string, { runId }: Run): Promise<boolean> {
  const { workflowExtendedInfo } = await client.workflowService.describeWorkflowExecution({
    namespace: client.options.namespace,
    execution: { workflowId, runId },
  });
  return Boolean(workflowExtendedInfo?.resetRunId);
}

/**
 * The run id of an earlier funnel of the same application: 1 is the one before the latest. `undefined`: there is none
 * that Temporal still keeps.
 */
export async function earlierRun(
  client: Client,
  workflowId: string,
  earlier: number,
): Promise<string | undefined> {
  const runs: Run[] = [];
  const query = `WorkflowId = '${workflowId}' AND ExecutionStatus != 'ContinuedAsNew'`;
  for await (const { execution, startTime, status } of listExecutions(client, query)) {
    const run = { runId: execution?.runId ?? '', startedAt: Number(startTime?.seconds?.toString() ?? 0) };
    if (stateOf(status) !== 'terminated' || !(await wasReset(client, workflowId, run))) runs.push(run);
  }
  return runs.toSorted((one, other) => other.startedAt - one.startedAt)[earlier]?.runId;
}

/** The rows of Temporal's raw answer to a query, page by page; raw, so that one undecodable memo does not break the list. */
export async function* listExecutions(client: Client, query: string): AsyncIterable<ListedExecution> {
  let nextPageToken: Uint8Array | undefined;
  do {
    const page = await client.workflowService.listWorkflowExecutions({
      namespace: client.options.namespace,
      query,
      pageSize: largestPage,
      ...(nextPageToken ? { nextPageToken } : {}),
    });
    yield* page.executions;
    nextPageToken = page.nextPageToken.length > 0 ? page.nextPageToken : undefined;
  } while (nextPageToken);
}

const largestPage = 1000;
