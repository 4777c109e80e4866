import {
  actionFor,
  clearPayload,
  type ImagesAsk,
  type ImagesDeletion,
  type ImagesFailure,
  imagesFailures,
  type ImagesFound,
  type ImagesHeld,
  type ImagesTrouble,
  type ZipRefusal,
} from '../src/contract/index.ts';
import { activityInfo, Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import {
  type Archive,
  ArchiveError,
  type Budget,
  HeldError,
  type Lease,
  ZipRefusedError,
} from '../src/archive/index.ts';
import { type Documents, retryDelay, type RiskosClient, RiskosError } from '../src/riskos/index.ts';
import { failureWordOf } from './images/failure-words.ts';

/** The evaluation whose images are meant. */
interface ImagesRef {
  applicationId: string;
  evaluationId: string;
}

/** Who asked for the change, and why; for the archive's record. */
interface Because {
  by: string;
  reason: string;
}

/**
 * Failures have the type `ImagesUnavailable` (retried), `ImagesNeedOperator`, `ImagesHeld` or `ImagesDeleted` (not
 * retried), and an {@link ImagesTrouble} as their detail. docs/images.md says when each one occurs.
 */
export interface ImageActivities {
  /** One attempt to download, encrypt and store the images of an evaluation; an archive that is complete is reported again. */
  archiveImages(ask: ImagesAsk): Promise<ImagesFound>;
  /**
   * Deletes the images and verifies that. An empty archive is no error unless they were `archived`. Fails with `ImagesHeld`
   * under a hold.
   */
  deleteImages(ask: ImagesRef & Partial<Because> & { archived?: boolean }): Promise<ImagesDeletion>;
  /** Returns the hold that stands now: an earlier one stays. Fails with `ImagesDeleted` if the images were deleted before. */
  holdImages(ask: ImagesRef & Because): Promise<ImagesHeld>;
  /** False if there was no hold. */
  releaseImages(ask: ImagesRef & Because): Promise<{ released: boolean }>;
}

interface ImageParts {
  riskos: RiskosClient;
  archive: Archive;
  /** Bounds the bytes of all ZIPs that this process holds. */
  budget: Budget;
  noticesConfigured: boolean;
}

export function createImageActivities(parts: ImageParts): ImageActivities {
  const { archive, noticesConfigured } = parts;
  return {
    archiveImages: (ask) => inWords(parts, (progress) => archiveOrEnd(parts, ask, progress)),
    deleteImages: ({ by = 'policy', reason = 'the retention period is over', archived = false, ...ref }) =>
      inWords(parts, async () => {
        const { removed, verifiedAt } = await archive.remove(ref, { by, reason }, { archived });
        return { removed, verifiedAt: verifiedAt.toISOString(), noticesConfigured };
      }),
    holdImages: ({ by, reason, ...ref }) =>
      inWords(parts, async () => {
        const hold = await archive.hold(ref, { by, reason });
        const found = await archive.find(ref);
        return { ...hold, archived: found?.kind === 'archived' };
      }),
    releaseImages: ({ by, reason, ...ref }) =>
      inWords(parts, async () => ({ released: await archive.release(ref, { by, reason }) })),
  };
}

/** An error that retries cannot change becomes a result, so that Temporal does not retry it. */
async function archiveOrEnd(parts: ImageParts, ask: ImagesAsk, progress: Progress): Promise<ImagesFound> {
  try {
    return await archiveOnce(parts, ask, progress);
  } catch (error) {
    const reason = failureWordOf(error);
    if (reason === undefined || imagesFailures[reason].handling !== 'final') throw error;
    return { result: 'failed', count: 0, attachments: 0, reason, noticesConfigured: parts.noticesConfigured };
  }
}

/** Damage that a new download may repair. */
const mayBeMended: readonly ZipRefusal[] = ['truncated', 'damaged', 'checksum_mismatch', 'size_mismatch'];
const downloads = 3;
/** The longest pause between two downloads: all must end within one attempt, whatever the lag of the policy. */
const longestPause = 60_000;

async function archiveOnce(parts: ImageParts, ask: ImagesAsk, progress: Progress): Promise<ImagesFound> {
  const known = await parts.archive.find(ask);
  if (known) return foundOf(parts, ask, known);
  for (let download = 1; ; download += 1) {
    try {
      return await fetchOnce(parts, ask, progress);
    } catch (error) {
      if (!(error instanceof ZipRefusedError)) throw error;
      const { reason } = error;
      if (download === downloads || !mayBeMended.includes(reason)) {
        return {
          result: 'refused',
          count: 0,
          attachments: 0,
          reason,
          noticesConfigured: parts.noticesConfigured,
        };
      }
      await Context.current().sleep(Math.min(ask.lag, longestPause));
    }
  }
}

async function fetchOnce(parts: ImageParts, ask: ImagesAsk, progress: Progress): Promise<ImagesFound> {
  const { riskos, archive, budget } = parts;
  const signal = Context.current().cancellationSignal;
  const over = new AbortController();
  let lease: Lease | undefined;
  let used: number | undefined;
  const memory = async (bytes: number) => {
    progress.phase = 'waiting_for_memory';
    const granted = await budget.lease(bytes, AbortSignal.any([signal, over.signal]));
    // RiskOS may have closed the connection by now, and then nothing else would release the lease.
    if (over.signal.aborted) granted.release();
    else lease = granted;
    progress.phase = 'downloading';
    return granted.memory;
  };
  try {
    progress.phase = 'downloading';
    const documents = await documentsOf(riskos, ask, { signal, memory });
    if (documents === 'too_large') {
      return {
        result: 'refused',
        count: 0,
        attachments: 0,
        reason: 'zip_too_large',
        noticesConfigured: parts.noticesConfigured,
      };
    }
    if (documents.kind === 'no_documents') return foundOf(parts, ask, { kind: 'no_images', attachments: 0 });
    used = documents.bytes.byteLength;
    progress.phase = 'storing';
    const onProgress = (bytes: number) => (progress.bytes = bytes);
    return foundOf(parts, ask, await archive.store({ ...ask, zip: documents.bytes, onProgress }));
  } finally {
    over.abort();
    lease?.release(used);
  }
}

async function documentsOf(
  riskos: RiskosClient,
  { evalId, evaluationId }: ImagesAsk,
  call: { signal: AbortSignal; memory: (bytes: number) => Promise<Uint8Array> },
): Promise<Documents | 'too_large'> {
  try {
    return await riskos.documents(evalId, { ...call, correlationId: evaluationId });
  } catch (error) {
    if (error instanceof RiskosError && error.type === 'OversizedAnswer') return 'too_large';
    throw error;
  }
}

type Stored = Awaited<ReturnType<Archive['store']>>;

function foundOf({ noticesConfigured }: ImageParts, ask: ImagesAsk, stored: Stored): ImagesFound {
  switch (stored.kind) {
    case 'archived': {
      const { files, archivedAt } = stored.manifest;
      const attachments = files.filter(({ role }) => role === 'attachment').length;
      return {
        result: 'archived',
        count: files.length - attachments,
        attachments,
        archivedAt,
        noticesConfigured,
      };
    }
    case 'no_images':
      return { result: reasonForNone(ask), count: 0, attachments: stored.attachments, noticesConfigured };
    case 'deleted':
      return { result: 'deleted', count: 0, attachments: 0, noticesConfigured };
  }
}

/** RiskOS deletes the images of military IDs and of minors (R845) at once [doc]. */
function reasonForNone(ask: ImagesAsk): 'military' | 'minor' | 'none' {
  if (ask.documentType?.toLowerCase() === 'military') return 'military';
  return ask.reasonCodes.includes('R845') ? 'minor' : 'none';
}

/**
 * The heartbeat's details, for people. In clear, because the SDK cancels an attempt whose details cannot be encrypted, and a short
 * outage of the key store should not cost a second download.
 */
interface Progress {
  phase: 'starting' | 'waiting_for_memory' | 'downloading' | 'storing';
  /** Bytes encrypted so far. */
  bytes: number;
}

/** Heartbeats with its progress while it works, and fails in the words of the contract. */
async function inWords<T>(
  { noticesConfigured }: ImageParts,
  work: (progress: Progress) => Promise<T>,
): Promise<T> {
  const context = Context.current();
  const progress: Progress = { phase: 'starting', bytes: 0 };
  const beat = setInterval(() => context.heartbeat(clearPayload(progress)), 1000);
  try {
    return await work(progress);
  } catch (error) {
    // The worker stops, or the workflow no longer needs the result.
    if (context.cancellationSignal.aborted) throw context.cancellationSignal.reason;
    throw failureOf(error, noticesConfigured);
  } finally {
    clearInterval(beat);
  }
}

/** The failure of each refusal of the archive. */
const refusals = {
  ArchiveHeld: { type: 'ImagesHeld', reason: 'held', action: 'release the hold, then erase again' },
  ArchiveDeleted: {
    type: 'ImagesDeleted',
    reason: 'deleted',
    action: 'nothing: there are no images to hold',
  },
} as const;

function failureOf(error: unknown, noticesConfigured: boolean): unknown {
  if (error instanceof ArchiveError && (error.type === 'ArchiveHeld' || error.type === 'ArchiveDeleted')) {
    const { type, ...refusal } = refusals[error.type];
    const hold = error instanceof HeldError ? error.hold : undefined;
    const trouble: ImagesTrouble = { ...refusal, ...(hold ? { hold } : {}), noticesConfigured };
    return ApplicationFailure.create({
      message: error.message,
      type,
      nonRetryable: true,
      details: [trouble],
    });
  }
  const reason = failureWordOf(error);
  return reason === undefined ? error : troubled(error, reason, noticesConfigured);
}

function troubled(error: unknown, reason: ImagesFailure, noticesConfigured: boolean): ApplicationFailure {
  const retried = imagesFailures[reason].handling === 'retried';
  const trouble: ImagesTrouble = { reason, action: actionFor(reason), noticesConfigured };
  const delay =
    error instanceof RiskosError
      ? retryDelay(error, activityInfo().attempt, { first: 2000, longest: 10 * 60_000 })
      : undefined;
  return ApplicationFailure.create({
    message: error instanceof Error ? error.message : 'the images could not be handled',
    type: retried ? 'ImagesUnavailable' : 'ImagesNeedOperator',
    nonRetryable: !retried,
    details: [trouble],
    ...(retried && delay !== undefined ? { nextRetryDelay: delay } : {}),
  });
}
