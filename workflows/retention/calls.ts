import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  isCancellation,
  proxyActivities,
  TemporalFailure,
  workflowInfo,
} from '@temporalio/workflow';
import type { ImageActivities } from '../../activities/images.ts';
import {
  type ImagesAsk,
  type ImagesDeletion,
  type ImagesFailure,
  imagesFailures,
  type ImagesFound,
  type ImagesHeld,
  imagesHold,
  type ImagesHold,
  imagesTaskQueue,
  isImagesFailure,
} from '../../src/contract/index.ts';
import type { Because, RetentionState } from './state.ts';

const retry = { initialInterval: '2s', backoffCoefficient: 2, maximumInterval: '10m' } as const;
/** Attempts that Temporal makes by itself before the failure is shown as trouble. */
const few = { ...retry, maximumAttempts: 3 };

const { archiveImages } = proxyActivities<ImageActivities>({
  // Long enough for three downloads.
  startToCloseTimeout: '20m',
  heartbeatTimeout: '30s',
  // A deletion must not begin before the last write has ended.
  cancellationType: 'WAIT_CANCELLATION_COMPLETED',
});

const { deleteImages, holdImages, releaseImages } = proxyActivities<ImageActivities>({
  startToCloseTimeout: '10m',
  heartbeatTimeout: '30s',
  retry: few,
});

/** Why a call failed. */
export interface Failure {
  /** Absent if the failure has no reason, for example because the worker ended. */
  reason?: ImagesFailure | 'held' | 'deleted';
  /** The hold in the archive that forbids the deletion; absent if the storage itself holds the images. */
  hold?: ImagesHold;
  /** False: retries cannot help until a setting is changed. */
  retried: boolean;
  /** The time for attempts is over. */
  givenUp: boolean;
  /** Milliseconds to wait before the next attempt, where RiskOS named them. */
  delay?: number;
}

export type Called<Answer> = { answer: Answer } | { failure: Failure };

/** Tries to archive the images within `milliseconds`, a few times or until they are over. Throws if it is cancelled. */
export function tryArchiving(
  state: RetentionState,
  ask: ImagesAsk,
  { milliseconds, tries }: { milliseconds: number; tries: 'few' | 'many' },
): Promise<Called<ImagesFound>> {
  return called(state, () =>
    archiveImages.executeWithOptions(
      {
        ...onImagesQueue('fetch, encrypt and store the images'),
        scheduleToCloseTimeout: milliseconds,
        retry: tries === 'few' ? few : retry,
      },
      [ask],
    ),
  );
}

export function tryDeletion(state: RetentionState, because: Because | null): Promise<Called<ImagesDeletion>> {
  const options = onImagesQueue('delete the images, and verify it');
  const archived = state.record.result === 'archived';
  return called(state, () =>
    deleteImages.executeWithOptions(options, [{ ...refOf(state), ...because, archived }]),
  );
}

export function tryHold(state: RetentionState, because: Because): Promise<Called<ImagesHeld>> {
  const options = onImagesQueue('write the hold into the archive');
  return called(state, () =>
    holdImages.executeWithOptions(options, [{ ...refOf(state), by: because.by, reason: because.reason }]),
  );
}

export function tryRelease(state: RetentionState, because: Because): Promise<Called<{ released: boolean }>> {
  const options = onImagesQueue('remove the hold from the archive');
  return called(state, () => releaseImages.executeWithOptions(options, [{ ...refOf(state), ...because }]));
}

function refOf({ retention }: RetentionState): { applicationId: string; evaluationId: string } {
  const { applicationId, evaluationId } = retention.ask;
  return { applicationId, evaluationId };
}

async function called<Answer>(state: RetentionState, call: () => Promise<Answer>): Promise<Called<Answer>> {
  try {
    const answer = await call();
    noteReceiver(state, answer);
    return { answer };
  } catch (error) {
    if (CancellationScope.current().consideredCancelled && isCancellation(error)) throw error;
    const cause = applicationFailureIn(error);
    noteReceiver(state, cause?.details?.[0]);
    return { failure: failureOf(error, cause) };
  }
}

function failureOf(error: unknown, cause: ApplicationFailure | undefined): Failure {
  const reason = reasonIn(cause?.details?.[0]);
  const hold = holdIn(cause?.details?.[0]);
  const delay = cause?.nextRetryDelay;
  return {
    ...(reason === undefined ? {} : { reason }),
    ...(hold === undefined ? {} : { hold }),
    retried: cause === undefined || !cause.nonRetryable,
    givenUp: error instanceof ActivityFailure && error.retryState === 'TIMEOUT',
    ...(typeof delay === 'number' ? { delay } : {}),
  };
}

/** A call that ran out of time carries the failure of its last attempt as the cause of the timeout. */
function applicationFailureIn(error: unknown): ApplicationFailure | undefined {
  if (error instanceof ApplicationFailure) return error;
  return error instanceof TemporalFailure ? applicationFailureIn(error.cause) : undefined;
}

function reasonIn(detail: unknown): Failure['reason'] {
  if (typeof detail !== 'object' || detail === null || !('reason' in detail)) return undefined;
  const { reason } = detail;
  if (typeof reason !== 'string') return undefined;
  if (reason === 'held' || reason === 'deleted') return reason;
  return isImagesFailure(reason) && imagesFailures[reason].handling !== 'final' ? reason : undefined;
}

function holdIn(detail: unknown): ImagesHold | undefined {
  if (typeof detail !== 'object' || detail === null || !('hold' in detail)) return undefined;
  return imagesHold.safeParse(detail.hold).data;
}

/** Most answers and failures say whether the worker has a `NOTIFY_URL`. */
function noteReceiver(state: RetentionState, answer: unknown): void {
  if (typeof answer !== 'object' || answer === null || !('noticesConfigured' in answer)) return;
  if (typeof answer.noticesConfigured === 'boolean') state.notices.wanted = answer.noticesConfigured;
}

function onImagesQueue(summary: string): { taskQueue: string; summary: string } {
  return { taskQueue: imagesTaskQueue(workflowInfo().taskQueue), summary };
}
