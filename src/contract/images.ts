import { z } from 'zod';
import { lineOf, proseOf } from './text.ts';
import { inWords } from './words.ts';

/** Where the images of one evaluation stand. */
export const imagesResults = [
  /** They are still being fetched, or will be. */
  'pending',
  /** Encrypted and stored. */
  'archived',
  /** RiskOS answered that it has none. */
  'none',
  /** RiskOS has none, because it deletes those of a military document at once [doc]. */
  'military',
  /** RiskOS has none, because it deletes those of a minor (R845) at once [doc]. */
  'minor',
  /** RiskOS's ZIP was refused; `reason` says why. Nothing of it was kept. */
  'refused',
  /** They could not be fetched or stored; `reason` says why. A retry starts again. */
  'failed',
  /** They were archived, and have been deleted since. */
  'deleted',
] as const;
export type ImagesResult = (typeof imagesResults)[number];

/** Why a ZIP is refused. */
export const zipRefusals = [
  'not_a_zip',
  'truncated',
  'damaged',
  'zip_too_large',
  'too_many_files',
  'file_too_large',
  'content_too_large',
  'ratio_too_high',
  'name_too_long',
  'unsafe_name',
  'duplicate_name',
  'not_a_file',
  'encrypted',
  'unsupported_compression',
  'size_mismatch',
  'checksum_mismatch',
  'header_mismatch',
  'overlapping_entries',
  'nested_archive',
  'zip64',
  'multiple_disks',
] as const;
export type ZipRefusal = (typeof zipRefusals)[number];

interface FailureMeaning {
  /**
   * `final`: the activity's result is `failed` at once, since asking again cannot help. `operator`: the activity fails
   * with `ImagesNeedOperator` at once, since somebody must change a setting first. `retried`: the activity fails with
   * `ImagesUnavailable` and is retried for `policy.images.giveUpAfter`.
   */
  handling: 'final' | 'operator' | 'retried';
  /** What a person should do. */
  action: string;
}

/** Why images could not be fetched or stored, and what follows. */
export const imagesFailures = {
  evaluation_unknown: {
    handling: 'final',
    action: 'check in the RiskOS dashboard that the evaluation exists and was not deleted',
  },
  request_refused: {
    handling: 'final',
    action: 'look at the evaluation in the RiskOS dashboard, and ask Socure why its documents are refused',
  },
  not_started: {
    handling: 'final',
    action:
      'look in the events of the funnel in Temporal why they were not started; then reset it there to the task before',
  },
  api_key_refused: {
    handling: 'operator',
    action: 'correct RISKOS_API_KEY, restart the workers, then retry',
  },
  permission_denied: {
    handling: 'operator',
    action: 'give the API key the permission to download documents in the RiskOS dashboard, then retry',
  },
  wrong_environment: {
    handling: 'operator',
    action: 'make RISKOS_BASE_URL, RISKOS_API_KEY and RISKOS_ENVIRONMENT agree, then retry',
  },
  connection_refused: {
    handling: 'operator',
    action: 'check RISKOS_BASE_URL, the certificate authorities and any proxy, then retry',
  },
  storage_denied: {
    handling: 'operator',
    action: "give the worker's credentials the permissions that docs/images.md lists, then retry",
  },
  storage_missing: {
    handling: 'operator',
    action: 'create the bucket or mount the folder that ARCHIVE_URL names, then retry',
  },
  storage_unsafe: {
    handling: 'operator',
    action:
      'check that ARCHIVE_URL names the right archive and that it is mounted; if so, find out who changed it, restore it, then retry',
  },
  clock_skewed: {
    handling: 'operator',
    action: 'set the clock of the worker, then retry',
  },
  riskos_unavailable: {
    handling: 'retried',
    action: 'retry when RiskOS is available again',
  },
  riskos_unreadable: {
    handling: 'retried',
    action: 'check RISKOS_BASE_URL and any proxy before it; if they are right, ask Socure; then retry',
  },
  storage_unavailable: {
    handling: 'retried',
    action: 'check that the storage that ARCHIVE_URL names is reachable, then retry',
  },
  storage_full: {
    handling: 'retried',
    action: 'make room in the storage that ARCHIVE_URL names, then retry',
  },
  /** The worker ended, or the error has no word of its own. */
  interrupted: {
    handling: 'retried',
    action: 'look at the log of the worker, then retry',
  },
} as const satisfies Record<string, FailureMeaning>;
export type ImagesFailure = keyof typeof imagesFailures;

/** What a person should do about images that could not be archived. */
export function actionFor(reason: ImagesFailure | ZipRefusal): string {
  return isImagesFailure(reason)
    ? imagesFailures[reason].action
    : 'look at the images in the RiskOS dashboard; retry if Socure has mended them';
}

export function isImagesFailure(word: string): word is ImagesFailure {
  return Object.hasOwn(imagesFailures, word);
}

const failureWords = Object.keys(imagesFailures).filter(isImagesFailure);

/** The images of one evaluation, as status, notices and the child's signal show them. */
export const imagesRecord = z.object({
  evaluationId: z.string().max(200).describe('The evaluation.'),
  result: z.enum(imagesResults).describe('What is known about its images.'),
  count: z.int().min(0).describe('How many images of the candidate are, or were, in the archive.'),
  attachments: z
    .int()
    .min(0)
    .optional()
    .describe('How many files of reviewers are archived with them; absent in a status of an older version.'),
  reason: z
    .enum([...failureWords, ...zipRefusals])
    .optional()
    .describe('Why the result is `refused` or `failed`; the notice reference lists the words.'),
});
export type ImagesRecord = z.output<typeof imagesRecord>;

/** A result of images as a line of the timeline, in the funnel and in the retention workflow. */
export function imagesInWords({ result, count, reason }: ImagesRecord): string {
  return `images: ${result}${count > 0 ? ` (${count})` : ''}${reason === undefined ? '' : `: ${inWords(reason)}`}`;
}

/** The answer of the activity `archiveImages`. */
export type ImagesFound = {
  /** Images of the candidate in the archive. */
  count: number;
  /** Reviewers' files: archived beside images; in a ZIP without images only counted, and left in RiskOS. */
  attachments: number;
  /** True if this worker has a `NOTIFY_URL`. */
  noticesConfigured: boolean;
} & (
  | { result: 'archived'; /** ISO 8601. */ archivedAt: string }
  | { result: 'none' | 'military' | 'minor' }
  | { result: 'refused'; reason: ZipRefusal }
  | { result: 'failed'; reason: ImagesFailure }
  /** The images were archived and deleted before; deleted images are never fetched again. */
  | { result: 'deleted' }
);

/** Failure types of the image activities. Each carries an {@link ImagesTrouble}. */
export const imagesFailureTypes = [
  /** The attempt failed, and another one may succeed. Retried by Temporal. */
  'ImagesUnavailable',
  /** Somebody must change a setting first. Not retried. */
  'ImagesNeedOperator',
  /** A hold forbids the deletion. Not retried. */
  'ImagesHeld',
  /** The images were deleted before, so there is nothing to hold. Not retried. */
  'ImagesDeleted',
] as const;
export type ImagesFailureType = (typeof imagesFailureTypes)[number];

/**
 * The details of `ImagesUnavailable`, `ImagesNeedOperator`, `ImagesHeld` and `ImagesDeleted`, the failures of the image
 * activities.
 */
export interface ImagesTrouble {
  reason: ImagesFailure | 'held' | 'deleted';
  action: string;
  /** With `held`: the hold in the archive. Absent: the storage itself holds the images. */
  hold?: ImagesHold;
  /** True if this worker has a `NOTIFY_URL`. */
  noticesConfigured: boolean;
}

/** The answer of the activity `deleteImages`. */
export interface ImagesDeletion {
  /** Objects that were removed, old versions and delete markers among them. */
  removed: number;
  /** ISO 8601: when the archive was read again and had no images left. */
  verifiedAt: string;
  /** True if this worker has a `NOTIFY_URL`. */
  noticesConfigured: boolean;
}

/** The answer of the activity `holdImages`: the hold that stands now. */
export interface ImagesHeld extends ImagesHold {
  /** False: the archive has no images that the hold could keep. */
  archived: boolean;
}

/** A legal hold on the images of one evaluation. */
export const imagesHold = z.object({
  by: z.string().describe('Who placed it.'),
  reason: z.string().describe('Why.'),
  since: z.string().describe('Since when (ISO 8601).'),
});
export type ImagesHold = z.output<typeof imagesHold>;

/** Where the retention workflow of one evaluation stands; the table in docs/images.md has its messages. */
export const imagesStates = ['fetching', 'stopped', 'kept', 'deleting', 'ended'] as const;
export type ImagesState = (typeof imagesStates)[number];

/** What the retention workflow publishes, and the answer of its updates. */
export interface ImagesStatus extends ImagesRecord {
  applicationId: string;
  state: ImagesState;
  /** ISO 8601: when the images are to be deleted; a hold can delay it. `null`: no images are kept. */
  keepUntil: string | null;
  hold: ImagesHold | null;
  /** What a person should do after `refused`, `failed` or a deletion that keeps failing; `null`: nothing. */
  action: string | null;
  /** Why the last attempt failed, since when (ISO 8601); the workflow goes on by itself. */
  trouble: { reason: ImagesFailure | 'held' | 'not_in_archive_yet'; since: string } | null;
}

/** {@link ImagesStatus} as it arrives in the memo and in the answers of updates. */
export const imagesStatus: z.ZodType<ImagesStatus> = z.object({
  ...imagesRecord.shape,
  applicationId: z.string().describe("The HR system's id of the application."),
  state: z.enum(imagesStates).describe('Where the retention workflow stands.'),
  keepUntil: z
    .string()
    .nullable()
    .describe(
      'When the images are to be deleted (ISO 8601); a hold can delay it. null when no images are kept.',
    ),
  hold: imagesHold.nullable().describe('The legal hold; null when the images are not on hold.'),
  action: z
    .string()
    .nullable()
    .describe(
      'What a person should do after `refused`, `failed` or a deletion that keeps failing; null: nothing.',
    ),
  trouble: z
    .object({
      reason: z
        .enum([...failureWords, 'held', 'not_in_archive_yet'])
        .describe('Why the last attempt failed.'),
      since: z.string().describe('Since when (ISO 8601).'),
    })
    .nullable()
    .describe('Why the last attempt failed; the workflow retries by itself. null: it did not fail.'),
});

/** The workflow type of the retention workflow. */
export const imagesWorkflowType = 'imageRetention';

/**
 * The body of the notice `images.changed`, which the retention workflow sends itself, since it outlives the funnel: on
 * every new result, hold and release.
 */
export interface ImagesChanged {
  type: 'images.changed';
  data: ImagesStatus;
}

const who = lineOf(200).describe('Who asks for it: a person or a system.');
const why = proseOf(1000).describe('Why; no personal data of the candidate.');

/** The updates of the retention workflow, whose id is {@link imagesWorkflowIdOf}. */
export const imagesUpdates = {
  retry: z
    .strictObject({ by: who })
    .describe('Fetches again after `refused` or `failed`; retries a failing deletion at once.'),
  hold: z
    .strictObject({ by: who, reason: why })
    .describe('Keeps the images past `keepUntil`, until `release`.'),
  release: z
    .strictObject({ by: who, reason: why })
    .describe('Ends a hold; images past `keepUntil` are then deleted.'),
  erase: z.strictObject({ by: who, reason: why }).describe('Deletes the images now; refused under a hold.'),
} as const;
export type ImagesUpdateName = keyof typeof imagesUpdates;
export type ImagesUpdateInput<Name extends ImagesUpdateName> = z.input<(typeof imagesUpdates)[Name]>;

export function imagesWorkflowIdOf(evaluationId: string): string {
  return `images-${evaluationId}`;
}

/** The inverse of {@link imagesWorkflowIdOf}, for the id of a retention workflow. */
export function evaluationIdOfImages(workflowId: string): string {
  return workflowId.slice(imagesWorkflowIdOf('').length);
}
