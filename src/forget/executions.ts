import type { Client } from '@temporalio/client';
import { isNotFound, isUnreachable } from '../client/errors.ts';
import { listExecutions } from '../client/execution.ts';
import { type FunnelClient, FunnelError } from '../client/index.ts';
import { labelOf } from '../codec/index.ts';
import {
  applicationIdOf,
  imagesWorkflowIdOf,
  memoFields,
  searchAttributes,
  workflowIdOf,
} from '../contract/index.ts';

/** One run of a workflow of the application. */
export interface Execution {
  kind: 'funnel' | 'images' | 'notices';
  workflowId: string;
  runId: string;
  isRunning: boolean;
  /** True once a worker has begun it. */
  hasBegun: boolean;
  /** True of a funnel that has closed and runs for a moment more, to tidy up. */
  isClosing: boolean;
  /** Since when its images are held (ISO 8601). */
  heldSince: string | null;
  /** True if its status says that images are archived. */
  hasArchived: boolean;
  /** The keys that its memo was encrypted with. */
  keyIds: string[];
}

/** What forgetting needs of Temporal. Reads no payload; all of it can be repeated, and nothing there is fine. */
export interface Workflows {
  /** All runs of all workflows of the application that Temporal still has, children before their parents. */
  executions(applicationId: string): Promise<Execution[]>;
  /** Rejects with {@link FunnelError}. */
  withdraw(applicationId: string, because: { by: string; reason: string }): Promise<void>;
  /** Rejects with {@link FunnelError}. */
  eraseImages(evaluationId: string, because: { by: string; reason: string }): Promise<void>;
  terminate(execution: Execution): Promise<void>;
  /** Deletes a run with its history and its row in the list; Temporal may take a moment after the answer. */
  delete(execution: Execution): Promise<void>;
}

export function temporalWorkflows(temporal: Client, funnels: FunnelClient): Workflows {
  const { namespace } = temporal.options;
  const service = temporal.workflowService;
  const within = <T>(call: () => Promise<T>): Promise<T> =>
    temporal.connection.withDeadline(Date.now() + deadline, call);

  return {
    executions: (applicationId) => reached(() => executionsOf(temporal, within, applicationId)),
    withdraw: async (applicationId, because) => {
      await funnels.funnel(applicationId).withdraw(because);
    },
    eraseImages: async (evaluationId, because) => {
      await funnels.images(evaluationId).erase(because);
    },
    terminate: ({ workflowId, runId }) =>
      reached(async () => {
        await unlessGone(() =>
          within(() =>
            service.terminateWorkflowExecution({
              namespace,
              workflowExecution: { workflowId, runId },
              reason: 'the application is forgotten',
            }),
          ),
        );
      }),
    delete: ({ workflowId, runId }) =>
      reached(async () => {
        await unlessGone(() =>
          within(() =>
            service.deleteWorkflowExecution({ namespace, workflowExecution: { workflowId, runId } }),
          ),
        );
      }),
  };
}

/** Milliseconds for one call. */
const deadline = 10_000;

type Within = <T>(call: () => Promise<T>) => Promise<T>;
type Description = Awaited<ReturnType<Client['workflowService']['describeWorkflowExecution']>>;

/**
 * By Temporal's list, which can lag, and by what cannot: the latest run of each workflow, and the histories, which name
 * children and earlier runs.
 */
async function executionsOf(temporal: Client, within: Within, applicationId: string): Promise<Execution[]> {
  const found = new Map<string, Execution>();
  const looked = new Set<string>();
  const open = [
    { workflowId: workflowIdOf(applicationId), runId: '' },
    ...(await listed(temporal, within, applicationId)),
  ];
  for (let next = open.pop(); next; next = open.pop()) {
    const { workflowId, runId } = next;
    if (applicationIdOf(workflowId) !== applicationId || looked.has(`${workflowId} ${runId}`)) continue;
    looked.add(`${workflowId} ${runId}`);
    const description = await unlessGone(() =>
      within(() =>
        temporal.workflowService.describeWorkflowExecution({
          namespace: temporal.options.namespace,
          execution: { workflowId, runId },
        }),
      ),
    );
    const execution = description && executionOf(workflowId, description);
    if (!execution) continue;
    looked.add(`${workflowId} ${execution.runId}`);
    if (found.has(`${workflowId} ${execution.runId}`)) continue;
    found.set(`${workflowId} ${execution.runId}`, execution);
    // The latest run may not be in the list yet.
    open.push({ workflowId, runId: '' }, ...(await named(temporal, within, execution)));
  }
  return [...found.values()].toSorted((one, other) => depths[other.kind] - depths[one.kind]);
}

/** A workflow is deleted before the one whose history names it. */
const depths: Record<Execution['kind'], number> = { funnel: 0, images: 1, notices: 2 };

interface Ref {
  workflowId: string;
  runId: string;
}

async function listed(temporal: Client, within: Within, applicationId: string): Promise<Ref[]> {
  const images = imagesWorkflowIdOf(applicationId);
  const query = [
    `WorkflowId = '${workflowIdOf(applicationId)}'`,
    ...[images, `notices-${images}`].map((id) => `WorkflowId STARTS_WITH '${id}~'`),
    `WorkflowId STARTS_WITH 'notices-${applicationId}-'`,
  ].join(' OR ');
  return within(async () => {
    const refs: Ref[] = [];
    for await (const { execution } of listExecutions(temporal, query)) {
      refs.push({ workflowId: execution?.workflowId ?? '', runId: execution?.runId ?? '' });
    }
    return refs;
  });
}

/** The children and the other runs of the same workflow that its history names. */
async function named(temporal: Client, within: Within, { workflowId, runId }: Execution): Promise<Ref[]> {
  const refs: Ref[] = [];
  let nextPageToken = new Uint8Array();
  do {
    const page = await unlessGone(() =>
      within(() =>
        temporal.workflowService.getWorkflowExecutionHistory({
          namespace: temporal.options.namespace,
          execution: { workflowId, runId },
          nextPageToken,
        }),
      ),
    );
    for (const event of page?.history?.events ?? []) {
      const child = event.startChildWorkflowExecutionInitiatedEventAttributes?.workflowId;
      if (child) refs.push({ workflowId: child, runId: '' });
      const others = [
        event.workflowExecutionStartedEventAttributes?.continuedExecutionRunId,
        event.workflowExecutionStartedEventAttributes?.firstExecutionRunId,
        event.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId,
        event.workflowTaskFailedEventAttributes?.baseRunId,
      ];
      for (const other of others) if (other) refs.push({ workflowId, runId: other });
    }
    nextPageToken = new Uint8Array(page?.nextPageToken ?? []);
  } while (nextPageToken.length > 0);
  return refs;
}

/** WORKFLOW_EXECUTION_STATUS_RUNNING. */
const running = 1;

function executionOf(
  workflowId: string,
  { workflowExecutionInfo: info }: Description,
): Execution | undefined {
  if (!info) return undefined;
  const attributes = info.searchAttributes?.indexedFields ?? {};
  const stage = jsonOf(attributes[searchAttributes.stage.name]?.data);
  const fields = info.memo?.fields ?? {};
  const status = Object(jsonOf(fields[memoFields.status]?.data));
  const hidden = fields[memoFields.private];
  const since: unknown = Object(status.hold).since;
  const kind = kindOf(workflowId);
  return {
    kind,
    workflowId,
    runId: info.execution?.runId ?? '',
    isRunning: Number(info.status) === running,
    hasBegun: kind === 'funnel' ? stage !== undefined : fields[memoFields.status] !== undefined,
    isClosing: stage === 'closed',
    heldSince: typeof since === 'string' ? since : null,
    hasArchived: kind === 'images' && status.result === 'archived',
    keyIds: hidden ? keyIdsOf(hidden) : [],
  };
}

function kindOf(workflowId: string): Execution['kind'] {
  if (workflowId.startsWith(workflowIdOf(''))) return 'funnel';
  return workflowId.startsWith(imagesWorkflowIdOf('')) ? 'images' : 'notices';
}

function keyIdsOf(payload: Parameters<typeof labelOf>[0]): string[] {
  try {
    const label = labelOf(payload);
    return label ? [label.keyId] : [];
  } catch {
    // Encrypted in a way that a newer release knows.
    return [];
  }
}

/** Search attributes and the clear memo field are JSON, which no codec encrypts. */
function jsonOf(data: Uint8Array | null | undefined): unknown {
  if (!data) return undefined;
  try {
    return JSON.parse(Buffer.from(data).toString());
  } catch {
    return undefined;
  }
}

/** `undefined` for a workflow that is not there. */
async function unlessGone<T>(call: () => Promise<T>): Promise<T | undefined> {
  try {
    return await call();
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

async function reached<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    if (!isUnreachable(error)) throw error;
    const message =
      'no answer from Temporal; is TEMPORAL_ADDRESS right? The application is not forgotten yet: repeat "forget"';
    throw new FunnelError('Unreachable', message, { cause: error });
  }
}
