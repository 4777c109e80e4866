import { StorageError } from './errors.ts';
import { openFileStorage } from './file/storage.ts';
import { openS3Storage } from './s3/storage.ts';
import type { Storage } from './storage.ts';

/**
 * `file:///absolute/folder`, or `s3://bucket/prefix` with the query fields `endpoint`, `region`, `sse` (`AES256` or
 * `aws:kms`) and `kms-key`. Throws {@link StorageError} `InvalidStorageUrl`. Touches nothing yet.
 */
export function openStorage(url: string, env: Record<string, string | undefined> = process.env): Storage {
  if (/^s3:/i.test(url)) return openS3Storage(url, env);
  if (/^file:/i.test(url)) return openFileStorage(url);
  throw new StorageError(
    'InvalidStorageUrl',
    'The URL must be file:///absolute/folder (three slashes) or s3://bucket/prefix.',
  );
}
