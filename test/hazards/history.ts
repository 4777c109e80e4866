import type { Client } from '@temporalio/client';
import { tsToMs } from '@temporalio/common/lib/time.js';
import { z } from 'zod';

/** How one POST ended, as the funnel's history has it. */
export interface Post {
  evaluationId: string;
  /** Milliseconds since 1970. */
  scheduledAt: number;
  end: 'answered' | 'perhaps_processed' | 'not_processed' | 'refused' | 'open';
}

/** What the histories of all runs of one funnel tell. */
export interface FunnelHistory {
  posts: Post[];
  events: number;
  /** Workflow tasks that failed by the workflow's own fault, and runs that ended otherwise than they should. */
  failures: string[];
}

type History = Awaited<ReturnType<ReturnType<Client['workflow']['getHandle']>['fetchHistory']>>;
type Event = NonNullable<History['events']>[number];

const ask = z.looseObject({ evaluationId: z.string() });

export async function historyOf(temporal: Client, workflowId: string): Promise<FunnelHistory> {
  const found: FunnelHistory = { posts: [], events: 0, failures: [] };
  let runId: string | null | undefined;
  do {
    const { events } = await temporal.workflow.getHandle(workflowId, runId || undefined).fetchHistory();
    collect(found, events ?? []);
    runId = events?.[0]?.workflowExecutionStartedEventAttributes?.continuedExecutionRunId;
  } while (runId);
  return found;
}

function collect(found: FunnelHistory, events: Event[]): void {
  const open = new Map<string, Post>();
  const close = (scheduled: unknown, end: Post['end']) => {
    const post = open.get(String(scheduled));
    if (post) post.end = end;
  };
  found.events += events.length;
  for (const event of events) {
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled?.activityType?.name === 'createEvaluation') {
      const data = scheduled.input?.payloads?.[0]?.data ?? new Uint8Array();
      const { evaluationId } = ask.parse(JSON.parse(Buffer.from(data).toString()));
      const post: Post = { evaluationId, scheduledAt: tsToMs(event.eventTime), end: 'open' };
      open.set(String(event.eventId), post);
      found.posts.push(post);
    }
    const completed = event.activityTaskCompletedEventAttributes;
    if (completed) close(completed.scheduledEventId, 'answered');
    const timedOut = event.activityTaskTimedOutEventAttributes;
    if (timedOut) close(timedOut.scheduledEventId, 'perhaps_processed');
    const cancelled = event.activityTaskCanceledEventAttributes;
    if (cancelled) close(cancelled.scheduledEventId, 'perhaps_processed');
    const failed = event.activityTaskFailedEventAttributes;
    if (failed) close(failed.scheduledEventId, endOf(failed.failure?.applicationFailureInfo?.type));
    found.failures.push(...failuresOf(event));
  }
}

function endOf(type: string | null | undefined): Post['end'] {
  if (type === 'RiskosNotProcessed') return 'not_processed';
  return type === 'RiskosRefused' ? 'refused' : 'perhaps_processed';
}

function failuresOf(event: Event): string[] {
  const task = event.workflowTaskFailedEventAttributes?.failure;
  const run = event.workflowExecutionFailedEventAttributes?.failure;
  const ended = event.workflowExecutionTerminatedEventAttributes ? ['the run was terminated'] : [];
  return [
    // A task that lost a race carries no failure of the workflow's own.
    ...(task?.message && !/UnhandledCommand/i.test(task.message)
      ? [`a workflow task failed: ${task.message}`]
      : []),
    ...(run ? [`the workflow failed: ${run.message ?? ''}`] : []),
    ...ended,
  ];
}
