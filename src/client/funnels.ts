import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
} from '@temporalio/client';
import {
  type ApplicationInput,
  defaultTaskQueue,
  type Outcome,
  searchAttributes,
  type Stage,
  type WaitingFor,
  workflowIdOf,
  workflowType,
} from '../contract/index.ts';
import { checkApplication } from './check-application.ts';
import { explain, FunnelError } from './errors.ts';
import { describeExecution, type Ending, endings, isEnding } from './execution.ts';
import { type Funnel, funnelOf } from './funnel.ts';
import { type EvaluationImages, imagesOf, listImages, type RetentionStatus } from './images.ts';
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
 * in Temporal keeps its last stage and attempt, and waits for nothing.
 */
export interface FunnelSummary {
  applicationId: string;
  stage: string | null;
  outcome: string | null;
  attempt: number | null;
  waitingFor: string | null;
  deadline: string | null;
  escalation: string | null;
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
      const start = async (reuse: Reuse) => {
        await temporal.workflow.start(workflowType, {
          taskQueue,
          workflowId: workflowIdOf(applicationId),
          workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
          workflowIdReusePolicy: reuse,
          args: [checked],
          staticSummary: `Candidate funnel of application ${applicationId}`,
        });
      };
      const funnel = funnelOf(temporal, applicationId, deadline, 0);
      try {
        await temporal.connection.withDeadline(Date.now() + deadline, () =>
          again ? startAgain(funnel, start) : startOnce(temporal, funnel, start),
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
    const { state } = await describeExecution(temporal, workflowIdOf(funnel.applicationId));
    if (state === 'running' && !(await hasClosed(funnel))) throw alreadyOpen(funnel, error);
    if (state !== 'failed' || !(await wasRefused(funnel))) throw alreadyClosed(funnel, error);
    await start(WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY).catch((second: unknown) => {
      throw second instanceof WorkflowExecutionAlreadyStartedError ? alreadyOpen(funnel, second) : second;
    });
  }
}

/** A funnel that has closed runs for a moment more, to tidy up: waits for that. */
async function startAgain(funnel: Funnel, start: (reuse: Reuse) => Promise<void>): Promise<void> {
  try {
    await start(WorkflowIdReusePolicy.ALLOW_DUPLICATE);
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    if (!(await hasClosed(funnel))) throw alreadyOpen(funnel, error);
    await funnel.result().catch(() => undefined);
    await start(WorkflowIdReusePolicy.ALLOW_DUPLICATE).catch((second: unknown) => {
      throw second instanceof WorkflowExecutionAlreadyStartedError ? alreadyOpen(funnel, second) : second;
    });
  }
}

async function hasClosed(funnel: Funnel): Promise<boolean> {
  try {
    return (await funnel.status()).stage === 'closed';
  } catch {
    return false;
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

async function list(temporal: Client, filter: FunnelFilter): Promise<FunnelSummary[]> {
  const found: FunnelSummary[] = [];
  const seen = new Set<string>();
  for await (const workflow of temporal.workflow.list({ query: queryOf(filter) })) {
    // A reset leaves a terminated run behind, and a second start an earlier funnel; Temporal lists the latest first.
    if (seen.has(workflow.workflowId)) continue;
    seen.add(workflow.workflowId);
    const { typedSearchAttributes: attributes } = workflow;
    const execution = executionOf(workflow.status.name);
    const waits = !isEnding(execution);
    found.push({
      applicationId: workflow.workflowId.replace(/^funnel-/, ''),
      stage: attributes.get(searchAttributes.stage) ?? null,
      outcome: attributes.get(searchAttributes.outcome) ?? null,
      attempt: attributes.get(searchAttributes.attempt) ?? null,
      waitingFor: waits ? (attributes.get(searchAttributes.waitingFor) ?? null) : 'nothing',
      deadline: (waits && attributes.get(searchAttributes.deadline)?.toISOString()) || null,
      escalation: (waits && attributes.get(searchAttributes.escalation)) || null,
      startedAt: workflow.startTime.toISOString(),
      execution,
    });
    if (found.length >= (filter.limit ?? 100)) break;
  }
  return found;
}

const executions = ['running', 'completed', ...endings] as const;

function executionOf(name: string): FunnelSummary['execution'] {
  return executions.find((known) => known === name.toLowerCase()) ?? 'unknown';
}

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
