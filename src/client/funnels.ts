import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
} from '@temporalio/client';
import {
  type ApplicationInput,
  clearPayload,
  defaultTaskQueue,
  firstFields,
  memoFields,
  type NextAction,
  type Outcome,
  publishedStatus,
  searchAttributes,
  type Stage,
  startingStatus,
  statusPayload,
  type TroubleReason,
  type WaitingFor,
  workflowIdOf,
  workflowType,
} from '../contract/index.ts';
import { checkApplication } from './check-application.ts';
import { explain, FunnelError } from './errors.ts';
import {
  describeExecution,
  hasBegun,
  type Ending,
  isEnding,
  isoOf,
  type ListedExecution,
  listExecutions,
  stateOf,
} from './execution.ts';
import { type Funnel, funnelOf } from './funnel.ts';
import { type EvaluationImages, imagesOf, listImages, type RetentionStatus } from './images.ts';
import { readMemo } from './memo.ts';
import type { FunnelStatus } from './published.ts';
import { temporalClient } from './temporal.ts';

/** Which funnels to list; all given conditions hold together. */
export interface FunnelFilter {
  stage?: Stage;
  outcome?: Outcome;
  waitingFor?: WaitingFor;
  /** Only those whose deadline has passed. */
  overdue?: boolean;
  /** Only those of whose deadline HR has been reminded, or whose deadline a person let pass. */
  escalation?: 'reminder' | 'overdue';
  /** Only those whose workflow somebody ended in Temporal before the funnel closed. */
  ended?: Ending;
  /** At most this many; 100 when absent. */
  limit?: number;
}

/**
 * One funnel as Temporal's list shows it; can lag the status by a second. Dates are ISO 8601. One whose workflow was ended
 * in Temporal keeps its last stage and attempt, and waits for nothing. Where a newer release wrote the status, the fields of
 * the funnel are `null`.
 */
export interface FunnelSummary {
  applicationId: string;
  stage: FunnelStatus['stage'] | null;
  outcome: Outcome | null;
  attempt: number | null;
  waitingFor: WaitingFor | null;
  deadline: string | null;
  escalation: 'reminder' | 'overdue' | null;
  /** What HR has to do; `status` has the details. */
  nextAction: NextAction['kind'] | null;
  /** Why RiskOS cannot be asked at the moment, since when. */
  trouble: { reason: TroubleReason; since: string } | null;
  startedAt: string;
  /** `running` and `completed` are the funnel's own doing; the others mean that somebody else ended its workflow. */
  execution: 'running' | 'completed' | Ending | 'unknown';
}

/** What an HR system needs of Temporal to run funnels. */
export interface FunnelClient {
  /**
   * Starts the funnel of an application. Where Temporal still keeps a closed funnel of the same application, that takes
   * `again: true`. {@link FunnelError}: `InvalidApplication`, `AlreadyOpen`, `AlreadyClosed`, `Unreachable`.
   */
  startFunnel(application: ApplicationInput, options?: { again?: boolean }): Promise<Funnel>;
  /**
   * The funnel of an application, without asking whether there is one. `earlier`: 1 is the one before the latest funnel of
   * this application, as long as Temporal keeps it.
   */
  funnel(applicationId: string, options?: { earlier?: number }): Funnel;
  list(filter?: FunnelFilter): Promise<FunnelSummary[]>;
  /** The images of one evaluation, whatever its funnel does; without asking whether there are any. */
  images(evaluationId: string): EvaluationImages;
  /**
   * How each retention workflow of an application stands, or of all applications; can lag by a second. Also those that have
   * ended, as long as Temporal keeps them.
   */
  listImages(applicationId?: string): Promise<RetentionStatus[]>;
  close(): Promise<void>;
}

/**
 * `deadline`: how long a call may take, in milliseconds, before it rejects as `Unreachable`; 10,000 when absent. Without
 * a Temporal client of your own, one is made from Temporal's settings.
 */
export function createFunnelClient(
  options: { temporal?: Client; taskQueue?: string; deadline?: number } = {},
): FunnelClient {
  const { temporal = temporalClient(), taskQueue = defaultTaskQueue, deadline = 10_000 } = options;
  return {
    startFunnel: async (input, { again = false } = {}) => {
      const checked = checkApplication(input);
      const { applicationId } = checked;
      // Says to the workflow that the key of the application is there; see workflows/key.ts.
      const encrypts = temporal.options.loadedDataConverter.payloadCodecs.length > 0;
      const first = firstFields(applicationId, checked.baseline !== undefined);
      const start = async (reuse: Reuse) => {
        await temporal.workflow.start(workflowType, {
          taskQueue,
          workflowId: workflowIdOf(applicationId),
          workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
          workflowIdReusePolicy: reuse,
          args: [checked],
          memo: {
            [memoFields.status]: clearPayload(first.status),
            ...(encrypts ? { [memoFields.private]: statusPayload(first.private) } : {}),
          },
          staticSummary: `Candidate funnel of application ${applicationId}`,
        });
      };
      const funnel = funnelOf(temporal, applicationId, deadline, 0);
      try {
        await temporal.connection.withDeadline(Date.now() + deadline, () =>
          again ? startAgain(temporal, funnel, start) : startOnce(temporal, funnel, start),
        );
      } catch (error) {
        throw explain(error, applicationId, temporal);
      }
      return funnel;
    },
    funnel: (applicationId, { earlier = 0 } = {}) => funnelOf(temporal, applicationId, deadline, earlier),
    list: async (filter = {}) => {
      try {
        return await temporal.connection.withDeadline(Date.now() + deadline, () => list(temporal, filter));
      } catch (error) {
        throw explain(error, 'list', temporal);
      }
    },
    images: (evaluationId) => imagesOf(temporal, evaluationId, deadline),
    listImages: async (applicationId) => {
      try {
        return await temporal.connection.withDeadline(Date.now() + deadline, () =>
          listImages(temporal, applicationId),
        );
      } catch (error) {
        throw explain(error, applicationId ?? 'images', temporal);
      }
    },
    close: () => temporal.connection.close(),
  };
}

type Reuse = (typeof WorkflowIdReusePolicy)[keyof typeof WorkflowIdReusePolicy];

/** One funnel an application: a second one needs the word. */
async function startOnce(
  temporal: Client,
  funnel: Funnel,
  start: (reuse: Reuse) => Promise<void>,
): Promise<void> {
  try {
    await start(WorkflowIdReusePolicy.REJECT_DUPLICATE);
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const { state, stage } = await describeExecution(temporal, workflowIdOf(funnel.applicationId));
    if (state === 'running' && stage !== 'closed') throw alreadyOpen(funnel, error);
    if (state !== 'failed' || !(await wasRefused(funnel))) throw alreadyClosed(funnel, error);
    await start(WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY).catch((second: unknown) => {
      throw second instanceof WorkflowExecutionAlreadyStartedError ? alreadyOpen(funnel, second) : second;
    });
  }
}

/** A funnel that has closed runs for a moment more, to tidy up: waits for that. */
async function startAgain(
  temporal: Client,
  funnel: Funnel,
  start: (reuse: Reuse) => Promise<void>,
): Promise<void> {
  try {
    await start(WorkflowIdReusePolicy.ALLOW_DUPLICATE);
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const { state, stage } = await describeExecution(temporal, workflowIdOf(funnel.applicationId));
    if (state === 'running' && stage !== 'closed') throw alreadyOpen(funnel, error);
    await funnel.result().catch(() => undefined);
    await start(WorkflowIdReusePolicy.ALLOW_DUPLICATE).catch((second: unknown) => {
      throw second instanceof WorkflowExecutionAlreadyStartedError ? alreadyOpen(funnel, second) : second;
    });
  }
}

/** A workflow that refused its start argument never was a funnel. */
async function wasRefused(funnel: Funnel): Promise<boolean> {
  return funnel.status().then(
    () => false,
    (error: unknown) => error instanceof FunnelError && error.type === 'InvalidApplication',
  );
}

function alreadyOpen({ applicationId }: Funnel, cause: unknown): FunnelError {
  const message = `${applicationId}: a funnel of this application is open; look at it with "status", or withdraw it first`;
  return new FunnelError('AlreadyOpen', message, { cause });
}

function alreadyClosed({ applicationId }: Funnel, cause: unknown): FunnelError {
  const message = `${applicationId}: a funnel of this application has ended already, and "status" shows how; to start another one all the same, add { again: true }`;
  return new FunnelError('AlreadyClosed', message, { cause });
}

/** Reads the clear field of each memo only, so that no key is needed, and none that cannot be decoded spoils the list. */
async function list(temporal: Client, filter: FunnelFilter): Promise<FunnelSummary[]> {
  const found: FunnelSummary[] = [];
  const seen = new Set<string>();
  for await (const info of listExecutions(temporal, queryOf(filter))) {
    const workflowId = info.execution?.workflowId ?? '';
    // A reset leaves a terminated run behind, and a second start an earlier funnel; Temporal lists the latest first.
    if (seen.has(workflowId)) continue;
    seen.add(workflowId);
    found.push(await summaryOf(temporal, info));
    if (found.length >= (filter.limit ?? 100)) break;
  }
  return found;
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
  const words = { applicationId, stage, outcome, attempt, startedAt, execution };
  return isEnding(execution)
    ? { ...words, ...waitsForNothing }
    : { ...words, waitingFor, deadline, escalation, nextAction: nextAction.kind, trouble };
}

const waitsForNothing = {
  waitingFor: 'nothing',
  deadline: null,
  escalation: null,
  nextAction: 'none',
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
  trouble: null,
} as const;

/** Temporal's words for the endings, in its query language. */
const statusNames: Record<Ending, string> = {
  failed: 'Failed',
  canceled: 'Canceled',
  terminated: 'Terminated',
  timed_out: 'TimedOut',
};

function queryOf({ stage, outcome, waitingFor, overdue, escalation, ended }: FunnelFilter): string {
  const equals = (key: { name: string }, value: string | undefined) =>
    value === undefined ? [] : [`${key.name} = '${value.replaceAll("'", '')}'`];
  // The attributes of a workflow that somebody ended still say where it stood.
  const stands = stage !== undefined && stage !== 'closed';
  const waits = waitingFor !== undefined || escalation !== undefined || overdue;
  return [
    `WorkflowType = '${workflowType}'`,
    "ExecutionStatus != 'ContinuedAsNew'",
    ...(ended === undefined && (stands || waits) ? ["ExecutionStatus = 'Running'"] : []),
    ...(ended === undefined ? [] : [`ExecutionStatus = '${statusNames[ended]}'`]),
    ...equals(searchAttributes.stage, stage),
    ...equals(searchAttributes.outcome, outcome),
    ...equals(searchAttributes.waitingFor, waitingFor),
    ...equals(searchAttributes.escalation, escalation),
    ...(overdue ? [`${searchAttributes.deadline.name} < '${new Date().toISOString()}'`] : []),
  ].join(' AND ');
}
