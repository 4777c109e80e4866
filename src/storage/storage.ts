/** One object, or what is left of one. */
export interface StoredObject {
  key: string;
  bytes: number;
  modifiedAt: Date;
  /** True for what no `get` returns: an unfinished write, an old version, a delete marker. */
  leftover: boolean;
}

/**
 * A place for objects, which never change once they are there. A key is made of one or more names that match
 * `[A-Za-z0-9_~-][A-Za-z0-9._~-]*`, with `/` between them; what deletes takes any key that was listed. All reject with StorageError.
 */
export interface Storage {
  /**
   * Stores the object under a key that has none yet, whole or not at all. `exists`: another writer was first, or an
   * earlier attempt of this one whose answer was lost; reading it tells which. An error of the body passes through.
   */
  putIfAbsent(key: string, body: Uint8Array | AsyncIterable<Uint8Array>): Promise<'stored' | 'exists'>;
  /** The bytes, in pieces; undefined if there is no such object. */
  get(key: string): Promise<AsyncIterable<Uint8Array> | undefined>;
  /**
   * Removes the object with its old versions, delete markers and unfinished writes, and returns how many there were. It
   * rejects with `StorageHeld`, and removes nothing, where the storage itself forbids it.
   */
  delete(key: string): Promise<number>;
  /** As {@link Storage.delete}, but the object itself stays. */
  deleteLeftovers(key: string): Promise<number>;
  /** What is there below `prefix` (empty, or ending in `/`), by key. */
  list(prefix: string, options?: { leftovers?: boolean }): AsyncIterable<StoredObject>;
  /** True if the storage itself forbids deleting the object, by a legal hold or a retention. */
  held(key: string): Promise<boolean>;
  /** Writes, reads and deletes an object of its own. Rejects with what this storage lacks that is needed. */
  tryOut(): Promise<StorageLimit[]>;
  close(): void;
}

/** What a storage lacks and is done without. */
export const storageLimits = {
  no_directory_sync:
    'the file system cannot sync a directory: after a power failure the newest objects may be missing',
  no_file_modes:
    'the file system does not keep file modes: other users of this machine may read the objects, which are encrypted',
  case_insensitive:
    'the file system does not tell upper from lower case: of two applications whose ids differ in nothing else, the second is refused',
  no_version_listing:
    'the store does not list versions: on a bucket with versioning, old versions would remain after a deletion',
  holds_not_visible:
    'the credentials lack s3:GetObjectLegalHold or s3:GetObjectRetention: on a bucket with Object Lock, a deletion would stop at a hold only halfway',
} as const;
export type StorageLimit = keyof typeof storageLimits;
