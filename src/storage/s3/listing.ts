import {
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandOutput,
  ListObjectVersionsCommand,
  type ListObjectVersionsCommandOutput,
  paginateListObjectsV2,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { StoredObject } from '../storage.ts';
import { codeOf, problemOf, statusOf } from './errors.ts';

export interface Listing {
  client: S3Client;
  bucket: string;
  /** The location's prefix, which no key has. */
  root: string;
  /** Changed to false by a store that does not list versions. */
  lists: { versions: boolean };
}

/** `below` a prefix, or `exactly` the key. */
type Extent = 'below' | 'exactly';

export async function* currentObjects(
  { client, bucket, root }: Listing,
  prefix: string,
): AsyncGenerator<StoredObject> {
  try {
    for await (const page of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: root + prefix })) {
      for (const {
        Key: key = '',
        Size: bytes = 0,
        LastModified: modifiedAt = new Date(0),
      } of page.Contents ?? []) {
        // Some stores list folders, as objects whose names end in a slash.
        if (!key.endsWith('/')) yield { key: key.slice(root.length), bytes, modifiedAt, leftover: false };
      }
    }
  } catch (error) {
    throw problemOf(error);
  }
}

export interface Version extends StoredObject {
  versionId: string | undefined;
  isMarker: boolean;
}

/** Nothing where the store does not list versions, which `lists.versions` then says. */
export async function* versionsBelow(
  listing: Listing,
  prefix: string,
  extent: Extent,
): AsyncGenerator<Version> {
  const { root, lists } = listing;
  let after: VersionMarker | undefined = {};
  while (after && lists.versions) {
    const page: ListObjectVersionsCommandOutput | undefined = await versionsPage(listing, prefix, after);
    if (!page) return;
    const versions = (page.Versions ?? []).map((version) => ({ ...version, isMarker: false }));
    const markers = (page.DeleteMarkers ?? []).map((marker) => ({ ...marker, Size: 0, isMarker: true }));
    for (const { Key: key = '', isMarker, ...version } of [...versions, ...markers]) {
      if (key.endsWith('/') || (extent === 'exactly' && key !== root + prefix)) continue;
      yield {
        key: key.slice(root.length),
        bytes: version.Size ?? 0,
        modifiedAt: version.LastModified ?? new Date(0),
        leftover: isMarker || version.IsLatest === false,
        versionId: version.VersionId,
        isMarker,
      };
    }
    after = page.IsTruncated
      ? { KeyMarker: page.NextKeyMarker, VersionIdMarker: page.NextVersionIdMarker }
      : undefined;
  }
}

interface VersionMarker {
  KeyMarker?: string | undefined;
  VersionIdMarker?: string | undefined;
}

async function versionsPage(
  { client, bucket, root, lists }: Listing,
  prefix: string,
  after: VersionMarker,
): Promise<ListObjectVersionsCommandOutput | undefined> {
  try {
    return await client.send(
      new ListObjectVersionsCommand({ Bucket: bucket, Prefix: root + prefix, ...after }),
    );
  } catch (error) {
    if (statusOf(error) !== 501 && codeOf(error) !== 'NotImplemented') throw problemOf(error);
    lists.versions = false;
    return undefined;
  }
}

/** Multipart uploads that were never completed, whose parts cost room. */
export async function* unfinishedUploads(
  listing: Listing,
  prefix: string,
  extent: Extent,
): AsyncGenerator<{ key: string; uploadId: string | undefined; modifiedAt: Date }> {
  const { root } = listing;
  let after: UploadMarker | undefined = {};
  while (after) {
    const page: ListMultipartUploadsCommandOutput = await uploadsPage(listing, prefix, after);
    for (const { Key: key = '', UploadId: uploadId, Initiated: modifiedAt = new Date(0) } of page.Uploads ??
      []) {
      if (extent === 'exactly' && key !== root + prefix) continue;
      yield { key: key.slice(root.length), uploadId, modifiedAt };
    }
    after = page.IsTruncated
      ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker }
      : undefined;
  }
}

interface UploadMarker {
  KeyMarker?: string | undefined;
  UploadIdMarker?: string | undefined;
}

async function uploadsPage(
  { client, bucket, root }: Listing,
  prefix: string,
  after: UploadMarker,
): Promise<ListMultipartUploadsCommandOutput> {
  try {
    return await client.send(
      new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: root + prefix, ...after }),
    );
  } catch (error) {
    throw problemOf(error);
  }
}
