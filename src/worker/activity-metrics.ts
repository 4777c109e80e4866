import type { Info } from '@temporalio/activity';
import { ApplicationFailure, CancelledFailure, type RetryPolicy } from '@temporalio/common';
import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import type { Registry } from 'prom-client';
import { processMetrics } from '../contract/index.ts';
import { counterOf, gaugeOf } from '../instruments.ts';

/** What is needed of Temporal's description of one attempt. */
export type ActivityTry = Pick<
  Info,
  'activityId' | 'activityType' | 'attempt' | 'scheduledTimestampMs' | 'workflowExecution' | 'retryPolicy'
>;

/** Counts the attempts of activities that fail, and shows how long the oldest one has been retried. */
export function activityMetrics(registry: Registry): ActivityInterceptorsFactory {
  const watch = watchActivities(registry);
  return ({ info }) => ({
    inbound: { execute: (input, next) => watch(info, () => next(input)) },
  });
}

/** Milliseconds after its next attempt was due at which a call is no longer ours: another worker has it. */
const patience = 5 * 60_000;

/** Activities whose retries are shown from the start. */
const retried = ['archiveImages', 'deleteImages', 'ensureKey', 'notify', 'readEvaluation'];

/** `now` is milliseconds since 1970. */
export function watchActivities(
  registry: Registry,
  now: () => number = Date.now,
): (info: ActivityTry, call: () => Promise<unknown>) => Promise<unknown> {
  const failures = counterOf(processMetrics.activityFailures, registry);
  const waiting = new Map<string, { activity: string; since: number; until: number }>();
  gaugeOf(processMetrics.retryingSeconds, registry, (gauge) => {
    const ages = new Map(retried.map((activity) => [activity, 0]));
    for (const [key, { activity, since, until }] of waiting) {
      if (now() > until) waiting.delete(key);
      else ages.set(activity, Math.max(ages.get(activity) ?? 0, (now() - since) / 1000));
    }
    gauge.reset();
    for (const [activity, seconds] of ages) gauge.set({ activity }, seconds);
  });

  function failed(key: string, info: ActivityTry, error: unknown): void {
    waiting.delete(key);
    if (error instanceof CancelledFailure) return;
    const activity = info.activityType;
    failures.inc({ activity, reason: reasonOf(error) });
    const pause = pauseAfter(info, error);
    if (pause === undefined) return;
    waiting.set(key, { activity, since: info.scheduledTimestampMs, until: now() + pause + patience });
  }

  return async (info, call) => {
    const key = `${info.workflowExecution?.runId} ${info.activityId}`;
    try {
      const result = await call();
      waiting.delete(key);
      return result;
    } catch (error) {
      failed(key, info, error);
      throw error;
    }
  };
}

/** Our failures carry a word of a closed set; the name of any other error could be anything. */
function reasonOf(error: unknown): string {
  if (!(error instanceof ApplicationFailure)) return 'Unexpected';
  const detail: unknown = error.details?.[0];
  const reason = typeof detail === 'object' && detail !== null && 'reason' in detail ? detail.reason : null;
  return typeof reason === 'string' ? reason : (error.type ?? 'Unexpected');
}

/** Milliseconds until Temporal retries it; `undefined`: it does not. */
function pauseAfter({ attempt, retryPolicy = {} }: ActivityTry, error: unknown): number | undefined {
  const { maximumAttempts = Infinity } = retryPolicy;
  if (maximumAttempts > 0 && attempt >= maximumAttempts) return undefined;
  if (!(error instanceof ApplicationFailure)) return backoff(retryPolicy, attempt);
  if (error.nonRetryable) return undefined;
  const { nextRetryDelay } = error;
  return typeof nextRetryDelay === 'number' ? nextRetryDelay : backoff(retryPolicy, attempt);
}

function backoff(policy: RetryPolicy, attempt: number): number {
  const { initialInterval = 1000, backoffCoefficient = 2, maximumInterval } = policy;
  const first = Number(initialInterval);
  const longest = maximumInterval === undefined ? first * 100 : Number(maximumInterval);
  return Math.min(longest, first * backoffCoefficient ** (attempt - 1));
}
