import {
  type Because,
  deleteImages,
  type EvaluationRef,
  refuseHeld,
  surveyArchive,
} from '../archive/index.ts';
import type { Storage } from '../storage/index.ts';

/** What forgetting needs of the archive. */
export interface ArchivedImages {
  /** The evaluations that have objects in the archive, and foreign objects in the same place. */
  survey(applicationId: string): Promise<{ evaluationIds: string[]; foreign: string[] }>;
  /** Rejects with ArchiveError `ArchiveHeld` under a hold, of ours or of the storage. */
  refuseHeld(ref: EvaluationRef): Promise<void>;
  /** Deletes all versions, leaves the record of the deletion, and resolves with how many objects there were. */
  delete(ref: EvaluationRef, because: Because): Promise<number>;
}

export function archivedImages(storage: Storage, now: () => Date): ArchivedImages {
  return {
    survey: async (applicationId) => {
      const evaluationIds: string[] = [];
      const foreign: string[] = [];
      for await (const found of surveyArchive(storage, applicationId)) {
        if ('objects' in found) evaluationIds.push(found.evaluationId);
        else foreign.push(found.key);
      }
      return { evaluationIds: [...new Set(evaluationIds)], foreign };
    },
    refuseHeld: (ref) => refuseHeld(storage, ref),
    delete: async (ref, because) => (await deleteImages({ storage, now }, ref, because)).removed,
  };
}
