import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdConflictPolicy,
} from '@temporalio/client';
import {
  application,
  type ApplicationInput,
  defaultTaskQueue,
  describeIssues,
  type Outcome,
  searchAttributes,
  type Stage,
  type WaitingFor,
  workflowIdOf,
  workflowType,
} from '../contract/index.ts';
import { explain, FunnelError } from './errors.ts';
import { type Funnel, funnelOf } from './funnel.ts';
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
  /** At most this many; 100 when absent. */
  limit?: number;
}

/** One funnel as Temporal's list shows it; can lag the status by a second. Dates are ISO 8601. */
export interface FunnelSummary {
  applicationId: string;
  stage: string | null;
  outcome: string | null;
  attempt: number | null;
  waitingFor: string | null;
  deadline: string | null;
  escalation: string | null;
  startedAt: string;
  /** `running` and `completed` are the funnel's own doing; Temporal's other words tell of somebody else's. */
  execution: 'running' | 'completed' | 'failed' | 'canceled' | 'terminated' | 'timed_out' | 'unknown';
}

/** What an HR system needs of Temporal to run funnels. */
export interface FunnelClient {
  /** Starts the funnel of an application. {@link FunnelError}: `InvalidApplication`, `AlreadyOpen`, `Unreachable`. */
  startFunnel(application: ApplicationInput): Promise<Funnel>;
  /** The funnel of an application, without asking whether there is one. */
  funnel(applicationId: string): Funnel;
  list(filter?: FunnelFilter): Promise<FunnelSummary[]>;
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
    startFunnel: async (input) => {
      const parsed = application.safeParse(input);
      if (!parsed.success) throw new FunnelError('InvalidApplication', describeIssues(parsed.error));
      const { applicationId } = parsed.data;
      const start = () =>
        temporal.workflow.start(workflowType, {
          taskQueue,
          workflowId: workflowIdOf(applicationId),
          workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
          args: [parsed.data],
          staticSummary: `Candidate funnel of application ${applicationId}`,
        });
      const funnel = funnelOf(temporal, applicationId, deadline);
      try {
        await temporal.connection.withDeadline(Date.now() + deadline, async () => {
          try {
            await start();
          } catch (error) {
            if (!(error instanceof WorkflowExecutionAlreadyStartedError && (await hasEnded(funnel))))
              throw error;
            await start();
          }
        });
      } catch (error) {
        throw explain(error, applicationId);
      }
      return funnel;
    },
    funnel: (applicationId) => funnelOf(temporal, applicationId, deadline),
    list: async (filter = {}) => {
      try {
        return await temporal.connection.withDeadline(Date.now() + deadline, () => list(temporal, filter));
      } catch (error) {
        throw explain(error, 'list');
      }
    },
    close: () => temporal.connection.close(),
  };
}

/** A funnel that has closed runs for a moment more, to tidy up: waits for that. */
async function hasEnded(funnel: Funnel): Promise<boolean> {
  try {
    if ((await funnel.status()).stage !== 'closed') return false;
    await funnel.result();
    return true;
  } catch {
    return false;
  }
}

async function list(temporal: Client, filter: FunnelFilter): Promise<FunnelSummary[]> {
  const found: FunnelSummary[] = [];
  for await (const workflow of temporal.workflow.list({ query: queryOf(filter) })) {
    const { typedSearchAttributes: attributes } = workflow;
    found.push({
      applicationId: workflow.workflowId.replace(/^funnel-/, ''),
      stage: attributes.get(searchAttributes.stage) ?? null,
      outcome: attributes.get(searchAttributes.outcome) ?? null,
      attempt: attributes.get(searchAttributes.attempt) ?? null,
      waitingFor: attributes.get(searchAttributes.waitingFor) ?? null,
      deadline: attributes.get(searchAttributes.deadline)?.toISOString() ?? null,
      escalation: attributes.get(searchAttributes.escalation) ?? null,
      startedAt: workflow.startTime.toISOString(),
      execution: executionOf(workflow.status.name),
    });
    if (found.length >= (filter.limit ?? 100)) break;
  }
  return found;
}

const executions = ['running', 'completed', 'failed', 'canceled', 'terminated', 'timed_out'] as const;

function executionOf(name: string): FunnelSummary['execution'] {
  return executions.find((known) => known === name.toLowerCase()) ?? 'unknown';
}

function queryOf({ stage, outcome, waitingFor, overdue, escalation }: FunnelFilter): string {
  const equals = (key: { name: string }, value: string | undefined) =>
    value === undefined ? [] : [`${key.name} = '${value.replaceAll("'", '')}'`];
  return [
    `WorkflowType = '${workflowType}'`,
    "ExecutionStatus != 'ContinuedAsNew'",
    ...(waitingFor !== undefined || overdue ? ["ExecutionStatus = 'Running'"] : []),
    ...equals(searchAttributes.stage, stage),
    ...equals(searchAttributes.outcome, outcome),
    ...equals(searchAttributes.waitingFor, waitingFor),
    ...equals(searchAttributes.escalation, escalation),
    ...(overdue ? [`${searchAttributes.deadline.name} < '${new Date().toISOString()}'`] : []),
  ].join(' AND ');
}
