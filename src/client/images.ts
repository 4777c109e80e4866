import { type Client, WorkflowUpdateFailedError } from '@temporalio/client';
import {
  checkInput,
  describeIssues,
  evaluationIdOfImages,
  imagesFailures,
  type ImagesRecord,
  imagesRecord,
  imagesOfMemo,
  type ImagesStatus,
  type ImagesUpdateInput,
  type ImagesUpdateName,
  imagesUpdates,
  imagesWorkflowIdOf,
  imagesWorkflowType,
  parseEvaluationId,
  publishedStatus,
  workflowIdOf,
} from '../contract/index.ts';
import { explain, FunnelError, isNotFound } from './errors.ts';
import {
  describeExecution,
  type Ending,
  type Execution,
  isEnding,
  isoOf,
  type ListedExecution,
  listExecutions,
  stateOf,
} from './execution.ts';
import { readMemo } from './memo.ts';
import { isUnreadable } from './unreadable.ts';

/** The status that the retention workflow published, and whether the workflow was ended in Temporal since. */
export type RetentionStatus = ImagesStatus & {
  /** Present only if the workflow was ended in Temporal: it no longer deletes the images; `images sweep` does. */
  ended?: { how: Ending; /** ISO 8601. */ at: string | null };
};

/**
 * The images of one evaluation. Every method rejects as those of a funnel; of {@link FunnelError}, `WrongState`, `Held` and `NotHeld` say what
 * is possible, `NotFound` that there is no retention workflow.
 */
export interface EvaluationImages {
  evaluationId: string;
  /** Read from Temporal, without asking a worker. */
  status(): Promise<RetentionStatus>;
  /** Fetches again after `refused` or `failed`; retries a failing deletion at once. */
  retry(message: ImagesUpdateInput<'retry'>): Promise<ImagesStatus>;
  /** Keeps the images past `keepUntil`, until `release`. Resolves with the standing hold, whoever placed it. */
  hold(message: ImagesUpdateInput<'hold'>): Promise<ImagesStatus>;
  release(message: ImagesUpdateInput<'release'>): Promise<ImagesStatus>;
  /** Deletes the images. Resolves with `deleted` once that is verified, or after ten seconds with the state `deleting`. */
  erase(message: ImagesUpdateInput<'erase'>): Promise<ImagesStatus>;
}

export function imagesOf(client: Client, evaluationId: string, deadline: number): EvaluationImages {
  const workflowId = imagesWorkflowIdOf(evaluationId);

  const ask = async <Answer>(patience: number, call: () => Promise<Answer>): Promise<Answer> => {
    try {
      return await client.connection.withDeadline(Date.now() + patience, call);
    } catch (error) {
      throw explain(error, evaluationId, client);
    }
  };

  const status = async (): Promise<RetentionStatus> => {
    const found = await described(client, workflowId);
    if (found) return found;
    const never = await wasNeverStarted(client, evaluationId);
    const why = never
      ? `the retention workflow of these images was never started, so there is nothing to retry: ${imagesFailures.not_started.action}`
      : 'Temporal keeps no retention workflow of these images';
    throw new FunnelError('NotFound', `${evaluationId}: ${why}`);
  };

  const update = async <Name extends ImagesUpdateName>(
    name: Name,
    message: ImagesUpdateInput<Name>,
  ): Promise<ImagesStatus> => {
    const checked = checkInput(imagesUpdates[name], message);
    if (!checked.success) {
      throw new FunnelError('InvalidMessage', `${evaluationId}: ${describeIssues(checked.error)}`);
    }
    return ask(deadline + longestAnswer, async () => {
      try {
        const handle = client.workflow.getHandle(workflowId);
        const answer = await handle.executeUpdate<ImagesStatus, [unknown]>(name, { args: [message] });
        return isUnreadable(answer) ? await status() : answer;
      } catch (error) {
        if (error instanceof WorkflowUpdateFailedError || !isNotFound(error)) throw error;
        throw hasEnded(evaluationId, name, await status());
      }
    });
  };

  return {
    evaluationId,
    status: () => ask(deadline, status),
    retry: (message) => update('retry', message),
    hold: (message) => update('hold', message),
    release: (message) => update('release', message),
    erase: (message) => update('erase', message),
  };
}

/** True if the funnel could not start the retention workflow of these images. */
async function wasNeverStarted(client: Client, evaluationId: string): Promise<boolean> {
  const applicationId = parseEvaluationId(evaluationId)?.applicationId;
  if (applicationId === undefined) return false;
  const workflowId = workflowIdOf(applicationId);
  try {
    const { memo } = await describeExecution(client, workflowId);
    const { status } = await readMemo(client, workflowId, memo, { clearOnly: true });
    const { images = [] } = publishedStatus.safeParse(status).data ?? {};
    return images.some((one) => one.evaluationId === evaluationId && one.reason === 'not_started');
  } catch (error) {
    if (isNotFound(error)) return false;
    throw error;
  }
}

/** How long the workflow may take for the answer of an update, in milliseconds. */
const longestAnswer = 10_000;

function hasEnded(evaluationId: string, name: ImagesUpdateName, status: RetentionStatus): FunnelError {
  const how = status.ended ? `was ${status.ended.how} in Temporal` : 'has ended';
  return new FunnelError(
    'WrongState',
    `${evaluationId}: the workflow of these images ${how}, with the result ${status.result}; ${instead(name, status)}`,
  );
}

/** Who ends the workflow in Temporal leaves in the archive what it has archived. */
function instead(name: ImagesUpdateName, { ended }: RetentionStatus): string {
  if (ended && name !== 'retry') {
    return `it can no longer ${name} them; \`candidate-funnel images ${name}\` does, in the archive itself`;
  }
  return name === 'hold' ? 'there is nothing to hold' : `${name} is not possible any more`;
}

/** The record that the retention workflow has of these images; the given one if there is no such workflow. */
export async function latestImages(client: Client, record: ImagesRecord): Promise<ImagesRecord> {
  const status = await described(client, imagesWorkflowIdOf(record.evaluationId));
  return status ? imagesRecord.parse(status) : record;
}

/** The latest run of each retention workflow. */
export async function listImages(client: Client, applicationId?: string): Promise<RetentionStatus[]> {
  const latest = new Map<string, ListedExecution>();
  const ofApplication =
    applicationId === undefined ? '' : ` AND WorkflowId STARTS_WITH '${imagesWorkflowIdOf(applicationId)}~'`;
  const query = `WorkflowType = '${imagesWorkflowType}' AND ExecutionStatus != 'ContinuedAsNew'${ofApplication}`;
  for await (const run of listExecutions(client, query)) {
    const workflowId = run.execution?.workflowId ?? '';
    const known = latest.get(workflowId);
    if (!known || startOf(known) < startOf(run)) latest.set(workflowId, run);
  }
  const statuses = await Promise.all(
    [...latest].map(([workflowId, { status, closeTime, memo }]) =>
      statusOf(client, workflowId, {
        state: stateOf(status),
        endedAt: isoOf(closeTime?.seconds),
        memo: memo?.fields,
      }),
    ),
  );
  return statuses.toSorted((one, other) => one.evaluationId.localeCompare(other.evaluationId));
}

function startOf({ startTime }: ListedExecution): number {
  return Number(startTime?.seconds?.toString() ?? 0) + (startTime?.nanos ?? 0) / 1e9;
}

async function described(client: Client, workflowId: string): Promise<RetentionStatus | undefined> {
  try {
    return await statusOf(client, workflowId, await describeExecution(client, workflowId));
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
}

type Info = Pick<Execution, 'endedAt' | 'memo'> & { state: Execution['state'] | 'unknown' };

async function statusOf(
  client: Client,
  workflowId: string,
  { state, endedAt, memo }: Info,
): Promise<RetentionStatus> {
  const { status, private: hidden } = await readMemo(client, workflowId, memo);
  const published = imagesOfMemo(status, hidden) ?? unpublished(workflowId);
  // A status that cannot be read is not a sign of life.
  const known = state === 'completed' ? { ...published, state: 'ended' as const } : published;
  return isEnding(state) ? { ...known, ended: { how: state, at: endedAt } } : known;
}

/** The status of a workflow whose first task no worker has completed. */
function unpublished(workflowId: string): ImagesStatus {
  const evaluationId = evaluationIdOfImages(workflowId);
  return {
    evaluationId,
    applicationId: parseEvaluationId(evaluationId)?.applicationId ?? '',
    state: 'fetching',
    result: 'pending',
    count: 0,
    keepUntil: null,
    hold: null,
    action: null,
    trouble: null,
  };
}
