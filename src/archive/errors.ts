import type { ImagesHold, ZipRefusal } from '../contract/index.ts';

export type ArchiveProblem =
  /** The archive's address cannot be used. */
  | 'InvalidArchiveUrl'
  /** A public key is missing or wrong. */
  | 'InvalidRecipient'
  /** The file of the secret key is missing or wrong, or its key opens nothing here. */
  | 'InvalidIdentity'
  /** A cap is not a positive whole number. */
  | 'InvalidLimits'
  /** An applicationId or evaluationId is not one of ours, or they don't belong together. */
  | 'InvalidId'
  /** The ZIP is refused; `reason` says why. */
  | 'ZipRefused'
  /** A legal hold forbids the deletion. */
  | 'ArchiveHeld'
  /** The images are deleted, or being deleted. */
  | 'ArchiveDeleted'
  /** What is stored is not what the archive wrote. */
  | 'ArchiveUnsafe';

/** Whatever goes wrong in the archive and not in its storage. The message has no PII and no name out of a ZIP. */
export class ArchiveError extends Error {
  readonly type: ArchiveProblem;

  constructor(type: ArchiveProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'ArchiveError';
    this.type = type;
  }
}

/** A hold forbids the deletion: that of `images hold`, or one of the storage itself, which has no {@link HeldError.hold}. */
export class HeldError extends ArchiveError {
  readonly hold: ImagesHold | undefined;

  constructor(message: string, hold?: ImagesHold) {
    super('ArchiveHeld', message);
    this.name = 'HeldError';
    this.hold = hold;
  }
}

/** A ZIP that was refused; nothing of it is stored. */
export class ZipRefusedError extends ArchiveError {
  readonly reason: ZipRefusal;

  constructor(reason: ZipRefusal, options?: ErrorOptions) {
    super('ZipRefused', `The ZIP ${inWords[reason]}; nothing of it was kept.`, options);
    this.name = 'ZipRefusedError';
    this.reason = reason;
  }
}

const inWords: Record<ZipRefusal, string> = {
  not_a_zip: 'is not a ZIP',
  truncated: 'is truncated',
  damaged: 'cannot be read',
  zip_too_large: 'is larger than its cap',
  too_many_files: 'has more entries than its cap',
  file_too_large: 'has a file that is larger than its cap',
  content_too_large: 'unpacks to more than its cap',
  ratio_too_high: 'unpacks to too many times its size',
  name_too_long: 'has an entry whose name is too long',
  unsafe_name: 'has an entry whose name is empty or leads out of its folder',
  duplicate_name: 'has two entries with the same name',
  not_a_file: 'has an entry that is neither a file nor a folder, such as a symbolic link',
  encrypted: 'has an encrypted entry',
  unsupported_compression: 'has an entry that is neither stored nor deflated',
  size_mismatch: 'has a file whose size is not the declared one',
  checksum_mismatch: 'has a file that does not match its checksum',
  header_mismatch: 'has an entry with two headers that contradict each other',
  overlapping_entries: 'has entries that overlap',
  nested_archive: 'has a file that is itself an archive',
  zip64: 'is in the ZIP64 format, which is for larger files than are taken',
  multiple_disks: 'is a part of several',
};
