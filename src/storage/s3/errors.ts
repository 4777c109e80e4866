import { S3ServiceException } from '@aws-sdk/client-s3';
import { StorageError, type StorageProblem } from '../errors.ts';

interface Meaning {
  type: StorageProblem;
  what: string;
}

const denied: Meaning = {
  type: 'StorageDenied',
  what: 'refuses the credentials, or they lack a permission; docs/images.md lists those that are needed',
};
const missing: Meaning = { type: 'StorageMissing', what: 'has no such bucket; check the URL' };
const unavailable: Meaning = {
  type: 'StorageUnavailable',
  what: 'does not answer as it should; it is retried',
};

const meanings: Record<string, Meaning> = {
  AccessDenied: denied,
  InvalidAccessKeyId: denied,
  SignatureDoesNotMatch: denied,
  ExpiredToken: denied,
  CredentialsProviderError: {
    type: 'StorageDenied',
    what: 'cannot be asked without credentials; give them as the AWS SDK reads them, for example AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
  },
  NoSuchBucket: missing,
  PermanentRedirect: {
    type: 'StorageMissing',
    what: 'has the bucket in another region; set region in the URL',
  },
  AuthorizationHeaderMalformed: {
    type: 'StorageMissing',
    what: 'has the bucket in another region; set region in the URL',
  },
  RequestTimeTooSkewed: {
    type: 'StorageClockSkewed',
    what: 'has another time than this machine; set the clock',
  },
  NotImplemented: { type: 'StorageUnsupported', what: 'lacks something that is needed' },
  QuotaExceeded: { type: 'StorageFull', what: 'has no room left; make room' },
  XMinioStorageFull: { type: 'StorageFull', what: 'has no room left; make room' },
  InsufficientStorage: { type: 'StorageFull', what: 'has no room left; make room' },
  BadDigest: { type: 'StorageUnavailable', what: 'got other bytes than were sent; it is retried' },
};

/** The code that S3 answered with, such as "AccessDenied"; the status for an answer without a body. */
export function codeOf(error: unknown): string {
  return error instanceof Error ? error.name : '';
}

export function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}

/** An error of the SDK in the storage's words, without its text, which can hold a key id. */
export function problemOf(error: unknown): unknown {
  if (error instanceof StorageError) return error;
  const code = codeOf(error);
  const status = statusOf(error);
  const byStatus = { 403: denied, 501: meanings['NotImplemented'], 507: meanings['QuotaExceeded'] };
  const { type, what } =
    meanings[code] ??
    (status === 403 || status === 501 || status === 507 ? byStatus[status] : undefined) ??
    (/region is missing/i.test(error instanceof Error ? error.message : '')
      ? { type: 'InvalidStorageUrl' as const, what: 'needs a region; set region in the URL, or AWS_REGION' }
      : unavailable);
  const shown = [/^[A-Za-z]{3,60}$/.test(code) ? code : '', status ? `HTTP ${status}` : systemCode(error)];
  // Not as the cause: the SDK's errors hold the request with its signature.
  return new StorageError(type, `The S3 store ${what} (${shown.filter(Boolean).join(', ')}).`);
}

function systemCode(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^E[A-Z_]{3,40}$/.test(code) ? code : '';
}
