import type { Client } from '@temporalio/client';
import PQueue from 'p-queue';
import { type AttentionReason, attentionReasons, publishedStatus, workflowIdOf } from '../contract/index.ts';
import { explain, FunnelError } from './errors.ts';
import { describeExecution } from './execution.ts';
import { readMemo } from './memo.ts';

/** The reasons after which a `retry` can help; after `data_refused` each funnel needs its own `correct`. */
export type RetryableReason = Exclude<AttentionReason, 'data_refused'>;
export const retryableReasons = attentionReasons.filter((reason) => reason !== 'data_refused');

export interface RetryAllOptions {
  /** Only funnels that stopped for this reason. */
  attention: RetryableReason;
  /** Who asks for it, for the record. */
  by?: string;
  /** At most this many; all when absent. */
  limit?: number;
  /** Retries at once, at most; 5 when absent. */
  concurrency?: number;
  /** Retries begun a second, at most; 5 when absent. RiskOS gets a request for each. */
  perSecond?: number;
  /** Once aborted, no more retries are sent, and the remaining funnels are `not_tried`. */
  signal?: AbortSignal;
}

/** The result of one funnel of a batch. */
export interface RetryResult {
  applicationId: string;
  /** `moved_on`: the funnel no longer needs attention for that reason, so nothing was sent. */
  result: 'retried' | 'moved_on' | 'failed' | 'not_tried';
  /** Present only for `failed`; `type` is `null` if the error has no documented word. */
  error: { type: FunnelError['type'] | null; message: string } | null;
}

interface Asking {
  list(): Promise<string[]>;
  /** Why the funnel stands at `needs_attention` now; `null`: it does not. */
  attention(applicationId: string): Promise<AttentionReason | null>;
  retry(applicationId: string): Promise<unknown>;
}

/** Retries each listed funnel that still needs attention for `reason`; yields the results in the order of the list. */
export async function* retryEach(
  asking: Asking,
  reason: RetryableReason,
  { concurrency = 5, perSecond = 5, signal }: Pick<RetryAllOptions, 'concurrency' | 'perSecond' | 'signal'>,
): AsyncIterable<RetryResult> {
  if (!retryableReasons.includes(reason)) {
    const message = `attention: must be one of ${retryableReasons.join(', ')}; a funnel that stopped for "data_refused" needs "correct"`;
    throw new FunnelError('InvalidMessage', message);
  }
  const ids = await asking.list();
  const queue = new PQueue({ concurrency, intervalCap: 1, interval: 1000 / perSecond });
  const begun = new Set<string>();
  const results = ids.map((id) =>
    queue.add(async () => {
      if (signal?.aborted) return notTried(id);
      begun.add(id);
      return await retryOne(asking, id, reason);
    }),
  );
  try {
    for (const [at, id] of ids.entries()) {
      const result = signal?.aborted && !begun.has(id) ? undefined : await results[at];
      yield result ?? notTried(id);
    }
  } finally {
    queue.clear();
  }
}

/** If two batches run at once, the funnel refuses the second `retry`. */
async function retryOne(
  asking: Asking,
  applicationId: string,
  reason: RetryableReason,
): Promise<RetryResult> {
  try {
    if ((await asking.attention(applicationId)) !== reason) return movedOn(applicationId);
    await asking.retry(applicationId);
    return { applicationId, result: 'retried', error: null };
  } catch (error) {
    const type = error instanceof FunnelError ? error.type : null;
    if (type === 'WrongStage' || type === 'EndedInTemporal') return movedOn(applicationId);
    const message = error instanceof Error ? error.message : String(error);
    return { applicationId, result: 'failed', error: { type, message } };
  }
}

function movedOn(applicationId: string): RetryResult {
  return { applicationId, result: 'moved_on', error: null };
}

function notTried(applicationId: string): RetryResult {
  return { applicationId, result: 'not_tried', error: null };
}

/** Why a funnel stands at `needs_attention` now, which its row in a list can be late to say. */
export async function attentionOf(
  temporal: Client,
  applicationId: string,
  deadline: number,
): Promise<AttentionReason | null> {
  const workflowId = workflowIdOf(applicationId);
  try {
    const { state, memo } = await temporal.connection.withDeadline(Date.now() + deadline, () =>
      describeExecution(temporal, workflowId),
    );
    const { status } = await readMemo(temporal, workflowId, memo, { clearOnly: true });
    return state === 'running' ? (publishedStatus.safeParse(status).data?.attention?.kind ?? null) : null;
  } catch (error) {
    throw explain(error, applicationId, temporal);
  }
}
