import { activityInfo, getClient } from '@temporalio/activity';
import type { Client } from '@temporalio/client';
import { decodeArrayFromPayloads } from '@temporalio/common/lib/internal-non-workflow/index.js';
import { z } from 'zod';
import { parseRiskosFailure, riskosEvent, riskosEventSignal } from '../src/contract/index.ts';

/**
 * The POSTs of one evaluation in runs that a reset of the workflow replaced. `bases` are those runs, each with
 * the event at which the new run leaves it.
 */
export interface EarlierPosts {
  bases: string[];
  /** The evaluation that RiskOS made, if anything in those runs names it. */
  evalId: string | undefined;
  /** RiskOS may have processed one of these POSTs. */
  perhaps: boolean;
}

/** Runs of this workflow: those not examined yet, and the known bases. */
export interface Lineage {
  unchecked: string[];
  bases: string[];
}

/** Looks for POSTs of this evaluation. Throws {@link RunGone} when a run is no longer there to be read. */
export type FindEarlierPosts = (evaluationId: string, lineage: Lineage) => Promise<EarlierPosts>;

/** Temporal no longer has a run that may hold a POST. */
export class RunGone extends Error {
  readonly type = 'RunGone';
}

/** Reads Temporal's histories; a workflow that was never reset costs one call. */
export const findEarlierPosts: FindEarlierPosts = async (evaluationId, { unchecked, bases }) => {
  const { workflowExecution } = activityInfo();
  if (!workflowExecution) return { bases: [], evalId: undefined, perhaps: false };
  const { workflowId, runId } = workflowExecution;
  const history = historyOf(getClient(), workflowId);
  const found = new Set(bases);
  for (const run of [...unchecked, runId]) {
    if (await history.wasReset(run)) for (const base of basesIn(await history.events(run))) found.add(base);
  }
  const posts: Post[] = [];
  for (const base of found) posts.push(...(await postsIn(history, base, evaluationId)));
  return {
    bases: [...found],
    evalId: posts.findLast((post) => post.evalId !== undefined)?.evalId,
    perhaps: posts.some(({ perhaps }) => perhaps),
  };
};

type HistoryEvents = Awaited<ReturnType<ReturnType<typeof historyOf>['events']>>;
type HistoryEvent = HistoryEvents[number];

interface Post {
  evalId: string | undefined;
  perhaps: boolean;
}

function historyOf(client: Client, workflowId: string) {
  return {
    client,
    wasReset: async (runId: string): Promise<boolean> => {
      const { workflowExtendedInfo } = await orGone(() =>
        client.workflowService.describeWorkflowExecution({
          namespace: client.options.namespace,
          execution: { workflowId, runId },
        }),
      );
      return workflowExtendedInfo?.lastResetTime != null;
    },
    events: async (runId: string) => {
      const { events } = await orGone(() => client.workflow.getHandle(workflowId, runId).fetchHistory());
      return events ?? [];
    },
  };
}

/** gRPC's NOT_FOUND, by whichever class the client reports it. */
async function orGone<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
  try {
    return await ask();
  } catch (error) {
    const isGone =
      error instanceof Error &&
      (error.name === 'WorkflowNotFoundError' || ('code' in error && error.code === 5));
    throw isGone ? new RunGone('Temporal no longer has the run', { cause: error }) : error;
  }
}

/** A reset leaves a failed workflow task that names the run it was taken from. */
function basesIn(events: HistoryEvents): string[] {
  return events.flatMap(({ eventId, workflowTaskFailedEventAttributes: failed }) =>
    failed?.baseRunId && failed.newRunId && failed.baseRunId !== failed.newRunId
      ? [`${failed.baseRunId}@${String(eventId)}`]
      : [],
  );
}

/** The POSTs of a base after the new run left it, and of the runs that it continued as. */
async function postsIn(
  history: ReturnType<typeof historyOf>,
  base: string,
  evaluationId: string,
): Promise<Post[]> {
  const [runId = '', fork = '0'] = base.split('@');
  const posts: Post[] = [];
  let run: string | undefined = runId;
  for (let from = Number(fork); run !== undefined; from = 0) {
    const all: HistoryEvents = await history.events(run);
    const events = all.filter(({ eventId }) => Number(eventId) >= from);
    posts.push(...(await postsAmong(history.client, events, evaluationId)));
    run = all.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId ?? undefined;
  }
  return posts;
}

async function postsAmong(client: Client, events: HistoryEvents, evaluationId: string): Promise<Post[]> {
  const posts: Post[] = [];
  for (const event of events) {
    const scheduled = event.activityTaskScheduledEventAttributes;
    const signalled = event.workflowExecutionSignaledEventAttributes;
    if (scheduled?.activityType?.name === 'createEvaluation') {
      const ask = ofThis.safeParse(await decoded(client, scheduled.input?.payloads));
      if (ask.data?.evaluationId === evaluationId) posts.push(await outcomeOf(client, events, event));
    }
    if (signalled?.signalName === riskosEventSignal) {
      const told = riskosEvent.safeParse(await decoded(client, signalled.input?.payloads));
      if (told.data?.evaluationId === evaluationId && told.data.evalId !== undefined)
        posts.push({ evalId: told.data.evalId, perhaps: true });
    }
  }
  return posts;
}

async function outcomeOf(client: Client, events: HistoryEvents, { eventId }: HistoryEvent): Promise<Post> {
  for (const {
    activityTaskCompletedEventAttributes: completed,
    activityTaskFailedEventAttributes: failed,
  } of events) {
    if (String(completed?.scheduledEventId) === String(eventId)) {
      const answer = answered.safeParse(await decoded(client, completed?.result?.payloads));
      return { evalId: answer.data?.evaluation.evalId, perhaps: true };
    }
    if (String(failed?.scheduledEventId) === String(eventId)) {
      const info = failed?.failure?.applicationFailureInfo;
      const { evalId, processed } = parseRiskosFailure(
        info?.type,
        await decoded(client, info?.details?.payloads),
      );
      return { evalId: evalId ?? undefined, perhaps: processed !== 'no' };
    }
  }
  return { evalId: undefined, perhaps: true };
}

const ofThis = z.object({ evaluationId: z.string() });
const answered = z.object({ evaluation: z.object({ evalId: z.string() }) });

type Payloads = Parameters<typeof decodeArrayFromPayloads>[1];

async function decoded(client: Client, payloads: Payloads | null): Promise<unknown> {
  const [first] = await decodeArrayFromPayloads(client.options.loadedDataConverter, payloads);
  return first;
}
