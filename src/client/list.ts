import type { Client } from '@temporalio/client';
import {
  type AttentionReason,
  type Escalation,
  type NextAction,
  type Outcome,
  publishedStatus,
  searchAttributes,
  type Stage,
  startingStatus,
  type TroubleReason,
  type WaitingFor,
  workflowType,
} from '../contract/index.ts';
import {
  endedCondition,
  hasBegun,
  type Ending,
  isEnding,
  isoOf,
  type ListedExecution,
  listExecutions,
  stateOf,
} from './execution.ts';
import { readMemo } from './memo.ts';
import type { FunnelStatus } from './published.ts';

/** Which funnels to list; all given conditions hold together. */
export interface FunnelFilter {
  stage?: Stage;
  outcome?: Outcome;
  waitingFor?: WaitingFor;
  /** Only funnels whose deadline has passed. */
  overdue?: boolean;
  /** Only funnels whose deadline is near (`reminder`), or that a person let pass (`overdue`). */
  escalation?: Escalation;
  /** Only funnels for which RiskOS is unavailable at the moment; `true`: for any reason. */
  trouble?: TroubleReason | true;
  /** Only funnels that stopped for an operator; `true`: for any reason. */
  attention?: AttentionReason | true;
  /** Only funnels whose workflow somebody ended in Temporal before the funnel closed. */
  ended?: Ending;
  /** At most this many; 100 when absent. */
  limit?: number;
}

/**
 * One funnel as Temporal's list shows it; can lag the status by a second. Dates are ISO 8601. A funnel whose workflow
 * was ended in Temporal keeps its last stage and attempt, and waits for nothing. If a newer release wrote the status, the fields
 * of the funnel are `null`.
 */
export interface FunnelSummary {
  applicationId: string;
  stage: FunnelStatus['stage'] | null;
  outcome: Outcome | null;
  attempt: number | null;
  waitingFor: WaitingFor | null;
  deadline: string | null;
  escalation: Escalation | null;
  /** What HR has to do; `status` has the details. */
  nextAction: NextAction['kind'] | null;
  /** Why it stopped for an operator. */
  attention: AttentionReason | null;
  /** Why RiskOS is unavailable at the moment, since when. */
  trouble: { reason: TroubleReason; since: string } | null;
  startedAt: string;
  /** `running` and `completed` are normal; an {@link Ending} means that the workflow was ended in Temporal. */
  execution: 'running' | 'completed' | Ending | 'unknown';
}

/**
 * The latest funnel of each application, newest first. Reads only the clear field of each memo, so that no key is needed and
 * one undecodable memo does not break the list.
 */
export async function listFunnels(temporal: Client, filter: FunnelFilter): Promise<FunnelSummary[]> {
  const { limit = 100 } = filter;
  const found: FunnelSummary[] = [];
  const seen = new Set<string>();
  for await (const rows of inChunks(listExecutions(temporal, queryOf(filter)), lookedUpAtOnce)) {
    const earlier = matchesEnded(filter) ? await earlierRuns(temporal, rows) : new Set();
    for (const row of rows) {
      const workflowId = row.execution?.workflowId ?? '';
      // A reset leaves a terminated run behind, and a second start an earlier funnel; Temporal lists the latest first.
      if (seen.has(workflowId) || earlier.has(row.execution?.runId)) continue;
      seen.add(workflowId);
      found.push(await summaryOf(temporal, row));
      if (found.length >= limit) return found;
    }
  }
  return found;
}

/** True if the filter can match an ended run but not the run that followed it. */
function matchesEnded({ stage, outcome, ended }: FunnelFilter): boolean {
  return stage === 'closed' || outcome !== undefined || ended !== undefined;
}

const lookedUpAtOnce = 100;

async function* inChunks<Row>(rows: AsyncIterable<Row>, size: number): AsyncIterable<Row[]> {
  let chunk: Row[] = [];
  for await (const row of rows) {
    chunk.push(row);
    if (chunk.length < size) continue;
    yield chunk;
    chunk = [];
  }
  if (chunk.length > 0) yield chunk;
}

/** The run ids of these rows that a later run of the same workflow followed. */
async function earlierRuns(temporal: Client, rows: ListedExecution[]): Promise<Set<unknown>> {
  const ids = [...new Set(rows.map(({ execution }) => `'${execution?.workflowId ?? ''}'`))];
  const query = `WorkflowId IN (${ids.join(', ')}) AND ExecutionStatus != 'ContinuedAsNew'`;
  const latest = new Map<string | null | undefined, ListedExecution>();
  for await (const row of listExecutions(temporal, query)) {
    const known = latest.get(row.execution?.workflowId);
    if (!known || endOf(row) > endOf(known)) latest.set(row.execution?.workflowId, row);
  }
  const isEarlier = ({ execution }: ListedExecution) =>
    latest.get(execution?.workflowId)?.execution?.runId !== execution?.runId;
  return new Set(rows.filter(isEarlier).map(({ execution }) => execution?.runId));
}

/** Seconds since 1970; runs of one workflow follow each other, and the latest may still run. */
function endOf({ closeTime }: ListedExecution): number {
  return closeTime?.seconds ? Number(closeTime.seconds.toString()) + (closeTime.nanos ?? 0) / 1e9 : Infinity;
}

async function summaryOf(temporal: Client, info: ListedExecution): Promise<FunnelSummary> {
  const workflowId = info.execution?.workflowId ?? '';
  const applicationId = workflowId.replace(/^funnel-/, '');
  const memo = await readMemo(temporal, workflowId, info.memo?.fields, { clearOnly: true });
  const execution = stateOf(info.status);
  const startedAt = isoOf(info.startTime?.seconds) ?? '';
  const status = hasBegun(info) ? publishedStatus.safeParse(memo.status).data : startingStatus(applicationId);
  if (!status) return { applicationId, ...unknownSummary, startedAt, execution };
  const { stage, outcome, attempt, waitingFor, deadline, escalation, nextAction, trouble } = status;
  const attention = status.attention?.kind ?? null;
  const words = { applicationId, stage, outcome, attempt, startedAt, execution };
  return isEnding(execution)
    ? { ...words, ...waitsForNothing }
    : { ...words, waitingFor, deadline, escalation, nextAction: nextAction.kind, attention, trouble };
}

const waitsForNothing = {
  waitingFor: 'nothing',
  deadline: null,
  escalation: null,
  nextAction: 'none',
  attention: null,
  trouble: null,
} as const;

const unknownSummary = {
  stage: null,
  outcome: null,
  attempt: null,
  waitingFor: null,
  deadline: null,
  escalation: null,
  nextAction: null,
  attention: null,
  trouble: null,
} as const;

function queryOf(filter: FunnelFilter): string {
  const { stage, outcome, waitingFor, overdue, escalation, attention, trouble, ended } = filter;
  const equals = (key: { name: string }, value: string | true | undefined) => {
    if (value === undefined) return [];
    return [value === true ? `${key.name} IS NOT NULL` : `${key.name} = '${value.replaceAll("'", '')}'`];
  };
  // The attributes of a workflow that somebody ended still say where it stood.
  const stands = stage !== undefined && stage !== 'closed';
  const waits = overdue || [waitingFor, escalation, attention, trouble].some((one) => one !== undefined);
  return [
    `WorkflowType = '${workflowType}'`,
    "ExecutionStatus != 'ContinuedAsNew'",
    ...(ended === undefined && (stands || waits) ? ["ExecutionStatus = 'Running'"] : []),
    ...(ended === undefined ? [] : [endedCondition(ended)]),
    ...equals(searchAttributes.stage, stage),
    ...equals(searchAttributes.outcome, outcome),
    ...equals(searchAttributes.waitingFor, waitingFor),
    ...equals(searchAttributes.escalation, escalation),
    ...equals(searchAttributes.attention, attention),
    ...equals(searchAttributes.trouble, trouble),
    ...(overdue ? [`${searchAttributes.deadline.name} < '${new Date().toISOString()}'`] : []),
  ].join(' AND ');
}
