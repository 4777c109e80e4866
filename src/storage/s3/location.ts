import { z } from 'zod';
import { invalidUrl, pathOfUrl } from '../keys.ts';

/** Where in S3 the objects are, and how they are encrypted there. */
export interface S3Location {
  bucket: string;
  /** Empty, or ending in `/`. */
  prefix: string;
  endpoint?: string | undefined;
  region?: string | undefined;
  sse?: 'AES256' | 'aws:kms' | undefined;
  kmsKey?: string | undefined;
}

const bucketName = /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/;
const prefixSegment = /^[A-Za-z0-9_~][A-Za-z0-9._~-]*$/;

const query = z.strictObject({
  endpoint: z
    .url({ protocol: /^https?$/, error: 'must be an http(s) URL' })
    .refine((url) => /^https?:\/\/[^/?#@]+\/?$/.test(url), 'must be an address without path or user')
    .optional(),
  region: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/, 'must be a region such as eu-central-1')
    .optional(),
  sse: z.enum(['AES256', 'aws:kms'], { error: 'must be AES256 or aws:kms' }).optional(),
  'kms-key': z.string().min(1).max(2048).optional(),
});

/** Reads `s3://bucket/prefix?endpoint=…&region=…&sse=…&kms-key=…`. Throws `InvalidStorageUrl`; no value is repeated. */
export function parseS3Url(text: string): S3Location {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !text.startsWith('s3://')) throw invalidUrl('must be s3://bucket/prefix');
  if (url.username || url.password) {
    throw invalidUrl('must hold no credentials: they come from the environment, as the AWS SDK reads it');
  }
  if (url.hash || url.port) throw invalidUrl('must be s3://bucket/prefix, without # and port');
  if (!bucketName.test(url.hostname)) throw invalidUrl('must name a bucket, as in s3://bucket/prefix');
  const path = pathOfUrl(url);
  const segments = path === '' ? [] : path.split('/');
  if (!segments.every((segment) => prefixSegment.test(segment))) {
    throw invalidUrl('must have a prefix of A-Z a-z 0-9 . _ ~ - and /');
  }
  const repeated = [...url.searchParams.keys()].find((name) => url.searchParams.getAll(name).length > 1);
  if (repeated !== undefined) throw invalidUrl('has a query field twice');
  const parsed = query.safeParse(Object.fromEntries(url.searchParams));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    if (issue?.code === 'unrecognized_keys') {
      throw invalidUrl('has an unknown query field; known are endpoint, region, sse and kms-key');
    }
    throw invalidUrl(`has a wrong query field: ${issue?.path.join('.')} ${issue?.message}`);
  }
  const { endpoint, region, sse, 'kms-key': kmsKey } = parsed.data;
  if (kmsKey !== undefined && sse !== 'aws:kms') throw invalidUrl('has kms-key without sse=aws:kms');
  return {
    bucket: url.hostname,
    prefix: segments.map((segment) => `${segment}/`).join(''),
    endpoint,
    region,
    sse,
    kmsKey,
  };
}
