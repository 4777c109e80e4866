import { openStorage, type Storage, StorageError, type StorageLimit } from '../storage/index.ts';
import { type Because, deleteImages, type Expected, holdImages, releaseImages } from './delete.ts';
import { ArchiveError } from './errors.ts';
import { encrypterFor, fingerprintOf } from './keys.ts';
import { type EvaluationRef, layoutOf } from './layout.ts';
import type { Hold } from './records.ts';
import { archivedAlready, type NewImages, type Stored, storeImages } from './store.ts';
import { type Limits, parseLimits } from './zip/limits.ts';

/**
 * Where images are kept, each encrypted with age. All can be repeated; they reject with {@link ArchiveError}, or with
 * StorageError where the storage is to blame.
 */
export interface Archive {
  /**
   * Stores the files of RiskOS's ZIP, unless that has been done before. What fails leaves nothing that is readable or
   * listed as an archive.
   */
  store(images: NewImages): Promise<Stored>;
  /** What {@link Archive.store} would answer without a ZIP: undefined if nothing was stored yet. */
  find(evaluation: EvaluationRef): Promise<Stored | undefined>;
  /**
   * Deletes what was stored, verifies that it is gone and leaves a record of the deletion. Refused under a hold, and if
   * what is expected is missing.
   */
  remove(
    evaluation: EvaluationRef,
    because: Because,
    expected?: Expected,
  ): Promise<{ removed: number; verifiedAt: Date }>;
  /** Returns the current hold: the earlier one if there is one. */
  hold(evaluation: EvaluationRef, because: Because): Promise<Hold>;
  /** False if there was no hold. */
  release(evaluation: EvaluationRef, because: Because): Promise<boolean>;
  /** Tries the storage out. Rejects with what it lacks that is needed. */
  check(): Promise<StorageLimit[]>;
  close(): void;
}

interface ArchiveOptions {
  /** `file:///absolute/folder` or `s3://bucket/prefix?…`. */
  url: string;
  /** age public keys (`age1…`), at least one: each of their owners can open each file. */
  recipients: readonly string[];
  /** Caps for one ZIP. */
  limits?: Partial<Limits>;
  now?: () => Date;
}

/** Throws {@link ArchiveError} `InvalidArchiveUrl`, `InvalidRecipient` or `InvalidLimits`. Touches no storage. */
export function openArchive({
  url,
  recipients,
  limits = {},
  now = () => new Date(),
}: ArchiveOptions): Archive {
  const storage = storageAt(url);
  const parts = {
    storage,
    encrypt: encrypterFor(recipients),
    recipients: recipients.map(fingerprintOf),
    limits: parseLimits(limits),
    now,
  };
  return {
    store: async (images) => storeImages(parts, images),
    find: async (ref) => archivedAlready(storage, layoutOf(ref), ref),
    remove: async (ref, because, expected) => deleteImages(parts, ref, because, expected),
    hold: async (ref, because) => holdImages(parts, ref, because),
    release: async (ref, because) => releaseImages(parts, ref, because),
    check: () => storage.tryOut(),
    close: () => storage.close(),
  };
}

/** Throws {@link ArchiveError} `InvalidArchiveUrl`. */
export function storageAt(url: string): Storage {
  try {
    return openStorage(url);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    throw new ArchiveError('InvalidArchiveUrl', error.message.replace(/^The URL/, "The archive's URL"));
  }
}
