import { Readable } from 'node:stream';
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectLegalHoldCommand,
  GetObjectRetentionCommand,
  HeadObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import { StorageError } from '../errors.ts';
import { checkKey, checkListedKey, checkPrefix } from '../keys.ts';
import type { Storage } from '../storage.ts';
import { tryVerbs } from '../trial.ts';
import { type Patience, patience, s3Client } from './client.ts';
import { codeOf, problemOf, statusOf } from './errors.ts';
import { currentObjects, type Listing, unfinishedUploads, type Version, versionsBelow } from './listing.ts';
import { parseS3Url, type S3Location } from './location.ts';
import { putObject } from './put.ts';

/** A storage in an S3 bucket, with SHA-256 checksums. */
export function openS3Storage(
  url: string,
  env: Record<string, string | undefined>,
  waits: Patience = patience,
): Storage {
  const location = parseS3Url(url);
  const client = s3Client(location, env, waits);
  const listing: Listing = {
    client,
    bucket: location.bucket,
    root: location.prefix,
    lists: { versions: true },
  };

  const storage: Storage = {
    putIfAbsent: (key, body) => {
      checkKey(key);
      return putObject(client, location, key, body);
    },
    get: (key) => {
      checkKey(key);
      return get(client, location, key);
    },
    delete: (key) => {
      checkListedKey(key);
      return asked(() => remove(listing, key));
    },
    deleteLeftovers: (key) => {
      checkListedKey(key);
      return asked(() => removeLeftovers(listing, key));
    },
    list: (prefix, { leftovers = false } = {}) => {
      checkPrefix(prefix);
      return leftovers ? everything(listing, prefix) : currentObjects(listing, prefix);
    },
    held: (key) => {
      checkListedKey(key);
      return asked(() => isHeld(listing, key));
    },
    tryOut: async () => {
      let holdsAreVisible = true;
      await tryVerbs(storage, async (key) => {
        holdsAreVisible = await asked(() => maySeeHolds(listing, key));
      });
      return [
        ...(listing.lists.versions ? [] : (['no_version_listing'] as const)),
        ...(holdsAreVisible ? [] : (['holds_not_visible'] as const)),
      ];
    },
    close: () => client.destroy(),
  };
  return storage;
}

async function get(
  client: S3Client,
  { bucket, prefix }: S3Location,
  key: string,
): Promise<AsyncIterable<Uint8Array> | undefined> {
  try {
    const { Body: body } = await client.send(
      new GetObjectCommand({ Bucket: bucket, Key: prefix + key, ChecksumMode: 'ENABLED' }),
    );
    return body instanceof Readable ? piecesOf(body) : piecesOf(Readable.from([]));
  } catch (error) {
    // Another 404 is a bucket that is gone; a 403 can be a missing object only where s3:ListBucket is missing too.
    if (codeOf(error) === 'NoSuchKey') return undefined;
    throw problemOf(error);
  }
}

async function* piecesOf(body: Readable): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body) yield chunk;
  } catch (error) {
    if (/checksum/i.test(error instanceof Error ? error.message : '')) {
      throw new StorageError('StorageCorrupt', 'The S3 store returned other bytes than were stored.');
    }
    throw problemOf(error);
  } finally {
    body.destroy();
  }
}

/** All versions and markers of one key, newest first; the object itself where the store lists no versions. */
async function remove(listing: Listing, key: string): Promise<number> {
  const { client, bucket, root } = listing;
  const object = { Bucket: bucket, Key: root + key };
  if (await isHeld(listing, key)) throw held();
  let removed = await removeVersions(listing, key, () => true);
  if (!listing.lists.versions) {
    const there = await client.send(new HeadObjectCommand(object)).then(
      () => true,
      (error: unknown) => (statusOf(error) === 404 ? false : Promise.reject(error)),
    );
    if (there) await removeVersion(client, object);
    removed += Number(there);
  }
  return removed + (await abortUploads(listing, key));
}

async function removeLeftovers(listing: Listing, key: string): Promise<number> {
  if (await isHeld(listing, key)) throw held();
  const removed = await removeVersions(listing, key, ({ leftover }) => leftover);
  return removed + (await abortUploads(listing, key));
}

async function removeVersions(
  listing: Listing,
  key: string,
  isMeant: (version: Version) => boolean,
): Promise<number> {
  const { client, bucket, root } = listing;
  let removed = 0;
  for await (const version of versionsBelow(listing, key, 'exactly')) {
    if (!isMeant(version)) continue;
    await removeVersion(client, { Bucket: bucket, Key: root + key, VersionId: version.versionId });
    removed += 1;
  }
  return removed;
}

async function abortUploads(listing: Listing, key: string): Promise<number> {
  const { client, bucket, root } = listing;
  let aborted = 0;
  for await (const { uploadId } of unfinishedUploads(listing, key, 'exactly')) {
    aborted += await abortUpload(client, { Bucket: bucket, Key: root + key, UploadId: uploadId });
  }
  return aborted;
}

async function abortUpload(
  client: S3Client,
  upload: { Bucket: string; Key: string; UploadId: string | undefined },
): Promise<number> {
  try {
    await client.send(new AbortMultipartUploadCommand(upload));
    return 1;
  } catch (error) {
    // Its writer has completed or aborted it meanwhile.
    if (codeOf(error) === 'NoSuchUpload') return 0;
    throw error;
  }
}

async function removeVersion(
  client: S3Client,
  object: { Bucket: string; Key: string; VersionId?: string | undefined },
): Promise<void> {
  try {
    await client.send(new DeleteObjectCommand(object));
  } catch (error) {
    // A hold that was set since the check; AWS calls it AccessDenied.
    if (await isHeldVersion(client, object)) throw held();
    throw error;
  }
}

async function isHeld(listing: Listing, key: string): Promise<boolean> {
  const { client, bucket, root } = listing;
  const object = { Bucket: bucket, Key: root + key };
  if (!listing.lists.versions) return isHeldVersion(client, object);
  for await (const { versionId, isMarker } of versionsBelow(listing, key, 'exactly')) {
    if (!isMarker && (await isHeldVersion(client, { ...object, VersionId: versionId }))) return true;
  }
  return !listing.lists.versions && isHeldVersion(client, object);
}

async function isHeldVersion(
  client: S3Client,
  object: { Bucket: string; Key: string; VersionId?: string | undefined },
): Promise<boolean> {
  try {
    const head = await client.send(new HeadObjectCommand(object));
    const retained = head.ObjectLockRetainUntilDate?.getTime() ?? 0;
    return head.ObjectLockLegalHoldStatus === 'ON' || retained > Date.now();
  } catch (error) {
    if (statusOf(error) === 404 || statusOf(error) === 405) return false;
    throw error;
  }
}

/**
 * Without these permissions, HEAD leaves out what {@link isHeldVersion} reads. A store without Object Lock answers 400 (AWS: also where
 * the bucket has none), 404 or 501.
 */
async function maySeeHolds({ client, bucket, root }: Listing, key: string): Promise<boolean> {
  const object = { Bucket: bucket, Key: root + key };
  for (const command of [new GetObjectLegalHoldCommand(object), new GetObjectRetentionCommand(object)]) {
    try {
      await client.send(command);
    } catch (error) {
      if (statusOf(error) === 403) return false;
      if (![400, 404, 405, 501].includes(statusOf(error) ?? 0)) throw error;
    }
  }
  return true;
}

function held(): StorageError {
  return new StorageError(
    'StorageHeld',
    'The S3 store forbids the deletion: the object is under a legal hold or a retention.',
  );
}

async function* everything(listing: Listing, prefix: string) {
  let listed = false;
  for await (const { key, bytes, modifiedAt, leftover } of versionsBelow(listing, prefix, 'below')) {
    listed = true;
    yield { key, bytes, modifiedAt, leftover };
  }
  if (!listing.lists.versions && !listed) yield* currentObjects(listing, prefix);
  for await (const { key, modifiedAt } of unfinishedUploads(listing, prefix, 'below')) {
    yield { key, bytes: 0, modifiedAt, leftover: true };
  }
}

async function asked<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw problemOf(error);
  }
}
