import { setTimeout as sleep } from 'node:timers/promises';
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  type CompletedPart,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { inBlocks } from '../blocks.ts';
import { problemOf, statusOf } from './errors.ts';
import type { S3Location } from './location.ts';

/** Bytes of one part; a body that is not longer is stored with a single request. */
const partSize = 8 * 1024 * 1024;

/** Stores an object under a key that has none yet, with SHA-256 checksums. An error of the body passes through. */
export function putObject(
  client: S3Client,
  location: S3Location,
  key: string,
  body: Uint8Array | AsyncIterable<Uint8Array>,
): Promise<'stored' | 'exists'> {
  const object = newObject(location, key);
  return body instanceof Uint8Array ? putBytes(client, object, body) : putStream(client, object, body);
}

function newObject({ bucket, prefix, sse, kmsKey }: S3Location, key: string) {
  return {
    key: { Bucket: bucket, Key: prefix + key },
    made: {
      ChecksumAlgorithm: 'SHA256' as const,
      ContentType: 'application/octet-stream',
      ...(sse ? { ServerSideEncryption: sse } : {}),
      ...(kmsKey ? { SSEKMSKeyId: kmsKey } : {}),
    },
  };
}

type NewObject = ReturnType<typeof newObject>;

const onlyIfAbsent = { IfNoneMatch: '*' } as const;

/** 409 says that another write of the same key was under way: it has won or failed when this one is sent again. */
const conflicts = 6;

async function putBytes(
  client: S3Client,
  { key, made }: NewObject,
  body: Uint8Array,
): Promise<'stored' | 'exists'> {
  for (let tries = 1; ; tries += 1) {
    try {
      await client.send(new PutObjectCommand({ ...key, ...made, ...onlyIfAbsent, Body: body }));
      return 'stored';
    } catch (error) {
      if (statusOf(error) === 412) return 'exists';
      if (statusOf(error) !== 409 || tries === conflicts) throw problemOf(error);
      await sleep(50 * 2 ** tries * Math.random());
    }
  }
}

/**
 * One part at a time, so that what is in memory does not grow with the object. `Upload` of @aws-sdk/lib-storage keeps the pieces of
 * each part and joins them, which costs more than the encryption does.
 */
async function putStream(
  client: S3Client,
  object: NewObject,
  body: AsyncIterable<Uint8Array>,
): Promise<'stored' | 'exists'> {
  let upload: Upload | undefined;
  try {
    for await (const { bytes, last } of inBlocks(body, partSize)) {
      if (last && !upload) return await putBytes(client, object, bytes);
      upload ??= await beginUpload(client, object);
      await sendPart(client, upload, bytes);
      if (last) return await completeUpload(client, upload);
    }
    throw new TypeError('inBlocks ended without a last block');
  } catch (error) {
    // The first error is the one that says why; what cannot be aborted now, `images sweep` finds.
    if (upload) await client.send(new AbortMultipartUploadCommand(upload.id)).catch(() => undefined);
    throw error;
  }
}

interface Upload {
  id: { Bucket: string; Key: string; UploadId: string | undefined };
  parts: CompletedPart[];
}

async function beginUpload(client: S3Client, { key, made }: NewObject): Promise<Upload> {
  const command = new CreateMultipartUploadCommand({ ...key, ...made });
  const { UploadId } = await client.send(command).catch(inWords);
  return { id: { ...key, UploadId }, parts: [] };
}

async function sendPart(client: S3Client, { id, parts }: Upload, bytes: Uint8Array): Promise<void> {
  const PartNumber = parts.length + 1;
  const command = new UploadPartCommand({ ...id, PartNumber, ChecksumAlgorithm: 'SHA256', Body: bytes });
  const { ETag, ChecksumSHA256 } = await client.send(command).catch(inWords);
  parts.push({ PartNumber, ETag, ChecksumSHA256 });
}

async function completeUpload(client: S3Client, { id, parts }: Upload): Promise<'stored' | 'exists'> {
  const whole = { ...id, ...onlyIfAbsent, MultipartUpload: { Parts: parts } };
  try {
    await client.send(new CompleteMultipartUploadCommand(whole));
    return 'stored';
  } catch (error) {
    if (statusOf(error) !== 412) return inWords(error);
    await client.send(new AbortMultipartUploadCommand(id)).catch(() => undefined);
    return 'exists';
  }
}

function inWords(error: unknown): never {
  throw problemOf(error);
}
