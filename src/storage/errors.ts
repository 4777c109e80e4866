/** What can go wrong with a storage, and so who can end it. */
export type StorageProblem =
  /** The URL cannot be used. */
  | 'InvalidStorageUrl'
  /** It does not answer, or answers that it fails; a later attempt may succeed. */
  | 'StorageUnavailable'
  /** No room is left; a later attempt succeeds once somebody has made room. */
  | 'StorageFull'
  /** The credentials are missing or wrong, or lack a permission. */
  | 'StorageDenied'
  /** The bucket or folder is not there, or is in another region. */
  | 'StorageMissing'
  /** The clock of this machine differs from the server's. */
  | 'StorageClockSkewed'
  /** It lacks a required feature, such as a conditional put. */
  | 'StorageUnsupported'
  /** It contains something that this program did not write, such as a symbolic link. */
  | 'StorageUnsafe'
  /** What was read is not what was written. */
  | 'StorageCorrupt'
  /** A legal hold or a retention of the storage itself forbids the deletion. */
  | 'StorageHeld';

/** Whatever goes wrong in a storage. The message holds no credential and nothing of what is stored. */
export class StorageError extends Error {
  readonly type: StorageProblem;

  constructor(type: StorageProblem, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'StorageError';
    this.type = type;
  }
}
