import type { ImagesAsk, ImagesRecord } from '../src/contract/index.ts';
import { activityInfo } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { type Archive, ArchiveError } from '../src/archive/index.ts';
import type { RiskosClient } from '../src/riskos/index.ts';
import { alive } from './evaluations.ts';

interface Deleted {
  removed: number;
  /** Whether this worker has a `NOTIFY_URL`. */
  hrIsTold: boolean;
}

type ImagesResult = Omit<ImagesRecord, 'evaluationId'>;

export interface ImageActivities {
  /**
   * Downloads, encrypts and stores the images of one evaluation. No images is a result, not a failure. Fails with the
   * type `ImagesRefused` when the ZIP is hostile or broken; everything else is retried.
   */
  archiveImages(ask: ImagesAsk): Promise<ImagesResult>;
  /** Deletes what {@link archiveImages} stored; nothing there is fine. */
  deleteImages(ask: Pick<ImagesAsk, 'applicationId' | 'evaluationId'>): Promise<Deleted>;
}

/** A broken ZIP gets this many downloads. */
const downloads = 3;

export function createImageActivities(
  riskos: RiskosClient,
  archive: Archive,
  hrIsTold: boolean,
): ImageActivities {
  return {
    archiveImages: (ask) =>
      alive(async (signal) => {
        const documents = await riskos.documents(ask.evalId, { signal, correlationId: ask.evaluationId });
        if (documents.kind === 'zip') return store(archive, ask, documents.bytes);
        return { result: reasonForNone(ask), count: 0 };
      }),
    deleteImages: (ask) => alive(async () => ({ ...(await archive.remove(ask)), hrIsTold })),
  };
}

async function store(archive: Archive, ask: ImagesAsk, zip: Uint8Array): Promise<ImagesResult> {
  try {
    const { count } = await archive.store({ ...ask, zip });
    return { result: count > 0 ? 'archived' : 'none', count };
  } catch (error) {
    if (error instanceof ArchiveError && isRefused(error)) {
      throw ApplicationFailure.nonRetryable(error.message, 'ImagesRefused');
    }
    throw error;
  }
}

/** A ZIP that will not do by itself; one that is broken gets a few fresh downloads first. */
function isRefused({ type }: ArchiveError): boolean {
  return type === 'ZipTooLarge' || (type === 'ZipInvalid' && activityInfo().attempt >= downloads);
}

/** RiskOS deletes the images of military IDs and of minors (R845) at once [doc]. */
function reasonForNone(ask: ImagesAsk): 'military' | 'minor' | 'none' {
  if (ask.documentType?.toLowerCase() === 'military') return 'military';
  return ask.reasonCodes.includes('R845') ? 'minor' : 'none';
}
