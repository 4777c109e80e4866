import {
  type Archived,
  deleteImages,
  holdImages,
  readArchived,
  releaseImages,
  surveyArchive,
} from '../../archive/index.ts';
import type { ImagesUpdateName } from '../../contract/index.ts';
import type { Storage } from '../../storage/index.ts';
import { time } from '../output.ts';

/** What can be done to images that no workflow looks after. */
export type ArchiveChange = Exclude<ImagesUpdateName, 'retry'>;

/** What the archive has of an evaluation to which a change applies. */
export interface Concerned extends Archived {
  unaccounted: unknown[];
}

/** What was done to the images of one evaluation, as JSON and as a line. */
interface Done {
  shown: object;
  text: string;
}

/** The evaluations of an application, or the one, to which the change applies in the archive. */
export async function concerned(storage: Storage, name: ArchiveChange, id: string): Promise<Concerned[]> {
  const applicationId = id.split('~')[0] ?? id;
  // A damaged record of another evaluation must not keep this one from being held.
  if (id.includes('~') && name !== 'erase') {
    const each = { ...(await readArchived(storage, { applicationId, evaluationId: id })), unaccounted: [] };
    return applies(name, each) ? [each] : [];
  }
  const found: Concerned[] = [];
  for await (const each of surveyArchive(storage, applicationId)) {
    if (!('objects' in each) || (id.includes('~') && each.evaluationId !== id)) continue;
    if (applies(name, each)) found.push(each);
  }
  return found;
}

/** A deletion leaves a record, which is neither held nor deleted again. */
function applies(name: ArchiveChange, { manifest, hold, deleted, unaccounted }: Concerned): boolean {
  switch (name) {
    case 'hold':
      return manifest !== undefined && deleted === undefined;
    case 'release':
      return hold !== undefined;
    case 'erase':
      return manifest !== undefined || hold !== undefined || unaccounted.length > 0;
  }
}

/** Rejects with `ArchiveHeld` where a hold forbids a deletion, and with `ArchiveDeleted` where a deletion came before a hold. */
export async function changeInArchive(
  storage: Storage,
  name: ArchiveChange,
  { applicationId, evaluationId, manifest }: Concerned,
  because: { by: string; reason: string },
): Promise<Done> {
  const ref = { applicationId, evaluationId };
  const parts = { storage, now: () => new Date() };
  const keepUntil = manifest?.keepUntil ?? null;
  switch (name) {
    case 'hold': {
      const hold = await holdImages(parts, ref, because);
      const isOurs = hold.by === because.by && hold.reason === because.reason;
      const text = [
        `${evaluationId}  held in the archive since ${time(hold.since)} by ${hold.by}: ${hold.reason}`,
        ...(isOurs
          ? []
          : ['  next       it was held already, and your request is not recorded: tell who holds it']),
      ].join('\n');
      return { shown: { ...ref, state: null, keepUntil, hold }, text };
    }
    case 'release': {
      await releaseImages(parts, ref, because);
      const after = keepUntil === null ? '' : ` after ${time(keepUntil)}`;
      const next = 'no workflow will delete the images: `images sweep --delete` does';
      const text = `${evaluationId}  released in the archive\n  next       ${next}${after}`;
      return { shown: { ...ref, state: null, keepUntil, hold: null }, text };
    }
    case 'erase': {
      const { removed } = await deleteImages(parts, ref, because);
      return { shown: { ...ref, result: 'deleted', removed }, text: `${evaluationId}  deleted, verified` };
    }
  }
}
