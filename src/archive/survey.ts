import { type Storage, StorageError } from '../storage/index.ts';
import { ArchiveError } from './errors.ts';
import { type EvaluationRef, ownerOf } from './layout.ts';
import { type Archived, readArchived } from './read.ts';

/** What the archive holds of one evaluation, and what of it no manifest accounts for. */
export interface Surveyed extends Archived {
  objects: number;
  bytes: number;
  /**
   * Keys of runs that were killed, old versions, delete markers and unfinished writes. `inUse`: the key has an object that
   * is accounted for, so that only its leftovers may be removed.
   */
  unaccounted: { key: string; modifiedAt: Date; inUse: boolean }[];
}

/** A key that no evaluation has. */
export interface Stray {
  key: string;
  bytes: number;
  modifiedAt: Date;
}

/**
 * Everything in the archive, or of one application, evaluation by evaluation. Rejects at an evaluation with a record that cannot
 * be read, unless `onUnreadable` takes it.
 */
export async function* surveyArchive(
  storage: Storage,
  applicationId?: string,
  onUnreadable?: (ref: EvaluationRef, error: Error) => void,
): AsyncGenerator<Surveyed | Stray> {
  const readable = async function* ({ ref, objects }: { ref: EvaluationRef; objects: Found[] }) {
    try {
      yield await surveyed(storage, ref, objects);
    } catch (error) {
      if (!onUnreadable || !isOfOneRecord(error)) throw error;
      onUnreadable(ref, error);
    }
  };
  let group: { ref: EvaluationRef; objects: Found[] } | undefined;
  for (const object of await inOrder(storage, applicationId)) {
    const owner = ownerOf(object.key);
    if (group && group.ref.evaluationId !== owner?.evaluationId) {
      yield* readable(group);
      group = undefined;
    }
    if (!owner) {
      yield { key: object.key, bytes: object.bytes, modifiedAt: object.modifiedAt };
      continue;
    }
    group ??= { ref: owner, objects: [] };
    group.objects.push({ ...object, rest: owner.rest });
  }
  if (group) yield* readable(group);
}

/** False for what is wrong with the whole storage. */
function isOfOneRecord(error: unknown): error is Error {
  if (error instanceof StorageError) return error.type === 'StorageCorrupt' || error.type === 'StorageUnsafe';
  return error instanceof ArchiveError;
}

interface Found {
  key: string;
  /** The key below the evaluation's prefix. */
  rest: string;
  bytes: number;
  modifiedAt: Date;
  leftover: boolean;
}

/** S3 lists unfinished writes after everything else, so the keys are sorted; only keys and sizes are in memory. */
async function inOrder(storage: Storage, applicationId: string | undefined) {
  const prefix = applicationId === undefined ? '' : `${applicationId}/`;
  const found = [];
  for await (const object of storage.list(prefix, { leftovers: true })) found.push(object);
  return found.toSorted((one, other) => (one.key < other.key ? -1 : Number(one.key > other.key)));
}

async function surveyed(
  storage: Storage,
  { applicationId, evaluationId }: EvaluationRef,
  objects: Found[],
): Promise<Surveyed> {
  const archived = await readArchived(storage, { applicationId, evaluationId });
  const { manifest, deleted } = archived;
  const isNamed = (rest: string) =>
    !deleted && manifest?.files.some((file) => rest === `${manifest.run}/${file.name}.age`) === true;
  const accounted = (rest: string) =>
    rest === 'deleted.json' ||
    (!deleted &&
      (rest === 'manifest.json' ||
        rest === 'hold.json' ||
        /^(?:release|fetch)-[0-9a-f]{16}\.json$/.test(rest) ||
        isNamed(rest)));
  const inUse = new Set(
    objects.filter(({ rest, leftover }) => !leftover && accounted(rest)).map(({ key }) => key),
  );
  // Old versions of a named file that is missing may be all that is left of it.
  const isUnaccounted = ({ key, rest, leftover }: Found) =>
    leftover ? inUse.has(key) || !isNamed(rest) : !accounted(rest);
  return {
    ...archived,
    objects: objects.length,
    bytes: objects.reduce((sum, { bytes }) => sum + bytes, 0),
    unaccounted: objects
      .filter(isUnaccounted)
      .map(({ key, modifiedAt }) => ({ key, modifiedAt, inUse: inUse.has(key) })),
  };
}
