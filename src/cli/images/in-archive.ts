import {
  deleteImages,
  holdImages,
  releaseImages,
  surveyArchive,
  type Surveyed,
} from '../../archive/index.ts';
import type { ImagesUpdateName } from '../../contract/index.ts';
import type { Storage } from '../../storage/index.ts';
import { time } from '../output.ts';

/** What can be done to images that no workflow looks after. */
export type ArchiveChange = Exclude<ImagesUpdateName, 'retry'>;

/** What was done to the images of one evaluation, as JSON and as a line. */
interface Done {
  shown: object;
  text: string;
}

/** The evaluations of an application, or the one, to which the change applies in the archive. */
export async function concerned(storage: Storage, name: ArchiveChange, id: string): Promise<Surveyed[]> {
  const found: Surveyed[] = [];
  for await (const each of surveyArchive(storage, id.split('~')[0] ?? id)) {
    if (!('objects' in each) || (id.includes('~') && each.evaluationId !== id)) continue;
    if (applies(name, each)) found.push(each);
  }
  return found;
}

/** A deletion leaves a record, which is neither held nor deleted again. */
function applies(name: ArchiveChange, { manifest, hold, deleted, unaccounted }: Surveyed): boolean {
  switch (name) {
    case 'hold':
      return manifest !== undefined && deleted === undefined;
    case 'release':
      return hold !== undefined;
    case 'erase':
      return manifest !== undefined || hold !== undefined || unaccounted.length > 0;
  }
}

/** Rejects with `ArchiveHeld` where a hold forbids a deletion. */
export async function changeInArchive(
  storage: Storage,
  name: ArchiveChange,
  { applicationId, evaluationId, manifest }: Surveyed,
  because: { by: string; reason: string },
): Promise<Done> {
  const ref = { applicationId, evaluationId };
  const parts = { storage, now: () => new Date() };
  switch (name) {
    case 'hold': {
      const hold = await holdImages(parts, ref, because);
      const text = `${evaluationId}  held in the archive since ${time(hold.since)} by ${hold.by}: ${hold.reason}`;
      return { shown: { ...ref, result: 'archived', hold }, text };
    }
    case 'release': {
      await releaseImages(parts, ref, because);
      const keepUntil = manifest?.keepUntil ?? null;
      const until = keepUntil === null ? '' : `, to be kept until ${time(keepUntil)}`;
      const text = `${evaluationId}  released in the archive${until}; no workflow will delete them: use \`images erase\``;
      return { shown: { ...ref, result: 'archived', hold: null, keepUntil }, text };
    }
    case 'erase': {
      const { removed } = await deleteImages(parts, ref, because);
      return { shown: { ...ref, result: 'deleted', removed }, text: `${evaluationId}  deleted, verified` };
    }
  }
}
