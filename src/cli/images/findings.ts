import {
  ArchiveError,
  deleteImages,
  readArchived,
  StorageError,
  type Stray,
  type Surveyed,
} from '../../archive/index.ts';
import type { Storage } from '../../storage/index.ts';

/** Something in the archive that nothing accounts for. */
export interface Finding {
  /**
   * `unfinished`: objects that no manifest names. `remains`: objects beside the record of a deletion. `no_workflow`: an
   * archive that no workflow will delete. `overdue`: its workflow should have deleted it. `unknown`: no key of the archive.
   */
  kind: 'unfinished' | 'remains' | 'no_workflow' | 'overdue' | 'unknown';
  ref: { applicationId: string; evaluationId: string } | undefined;
  /** `inUse`: only the leftovers of the key may be removed. */
  keys: { key: string; inUse: boolean }[];
  /** False for what a person must look at first. */
  deletable: boolean;
  why: string;
}

const hour = 3_600_000;
/** A run of the archiving may still be writing what is younger, in milliseconds. */
const settledAfter = 24 * hour;
/** How long after its time a workflow may still be at its deletion. */
const patience = 24 * hour;

/** What of one evaluation, or which stray key, nothing accounts for; `runs`: its retention workflow is running. */
export function findingsOf(found: Surveyed | Stray, runs: boolean, now: Date): Finding[] {
  if (!('objects' in found)) {
    const why = 'is not of the archive, and never deleted';
    return [
      { kind: 'unknown', ref: undefined, keys: [{ key: found.key, inUse: false }], deletable: false, why },
    ];
  }
  const { applicationId, evaluationId, manifest, hold, deleted, unaccounted } = found;
  const ref = { applicationId, evaluationId };
  const held = hold ? `, held since ${hold.since} by ${hold.by}` : '';
  if (deleted) {
    if (unaccounted.length === 0) return [];
    return [
      {
        kind: 'remains',
        ref,
        keys: unaccounted,
        deletable: !hold,
        why: `remains after the deletion of ${deleted.at}${held}`,
      },
    ];
  }
  const findings: Finding[] = [];
  const old = unaccounted.filter(({ modifiedAt }) => now.getTime() - modifiedAt.getTime() > settledAfter);
  if (old.length > 0) {
    const why = `${old.length} objects that no manifest names${held}`;
    findings.push({ kind: 'unfinished', ref, keys: old, deletable: !hold, why });
  }
  if (!manifest) return findings;
  const until = manifest.keepUntil === null ? undefined : Date.parse(manifest.keepUntil);
  const over = until !== undefined && until < now.getTime();
  const when = manifest.keepUntil ?? 'a time that is not known';
  if (!runs) {
    const why = `no workflow will delete it; to be kept until ${when}${held}`;
    findings.push({ kind: 'no_workflow', ref, keys: [], deletable: over && !hold, why });
  } else if (over && !hold && now.getTime() - until > patience) {
    const why = `its workflow should have deleted it at ${when}; look at images-${evaluationId} in Temporal`;
    findings.push({ kind: 'overdue', ref, keys: [], deletable: false, why });
  }
  return findings;
}

/**
 * Removes what a deletable finding names: an archive whole, or single objects. False where a hold forbids it, be it one that the
 * listing did not show or the storage's own.
 */
export async function removeFinding(
  storage: Storage,
  { kind, ref, keys }: Finding,
  because: { by: string; reason: string },
  now: () => Date,
): Promise<boolean> {
  try {
    if (ref && kind !== 'unfinished') await deleteImages({ storage, now }, ref, because);
    else if (ref && (await readArchived(storage, ref)).hold) return false;
    for (const { key, inUse } of keys) await (inUse ? storage.deleteLeftovers(key) : storage.delete(key));
    return true;
  } catch (error) {
    if (isHeld(error)) return false;
    throw error;
  }
}

function isHeld(error: unknown): boolean {
  if (error instanceof StorageError) return error.type === 'StorageHeld';
  return error instanceof ArchiveError && error.type === 'ArchiveHeld';
}
