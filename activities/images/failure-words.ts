import type { ImagesFailure } from '../../src/contract/index.ts';
import {
  ArchiveError,
  type ArchiveProblem,
  StorageError,
  type StorageProblem,
} from '../../src/archive/index.ts';
import { RiskosError, type RiskosProblem } from '../../src/riskos/index.ts';

/** The contract's word for an error of RiskOS, the archive or its storage; undefined for any other error. */
export function failureWordOf(error: unknown): ImagesFailure | undefined {
  if (error instanceof RiskosError) return error.status === 410 ? 'evaluation_unknown' : ofRiskos[error.type];
  if (error instanceof StorageError) return ofStorage[error.type];
  return error instanceof ArchiveError ? ofArchive[error.type] : undefined;
}

/** `undefined`: reported in another way, or a configuration error that stops a worker at its start. */
const ofArchive: Record<ArchiveProblem, ImagesFailure | undefined> = {
  InvalidArchiveUrl: undefined,
  InvalidRecipient: undefined,
  InvalidIdentity: undefined,
  InvalidLimits: undefined,
  InvalidId: undefined,
  ZipRefused: undefined,
  ArchiveHeld: undefined,
  ArchiveDeleted: undefined,
  ArchiveUnsafe: 'storage_unsafe',
};

const ofRiskos: Record<RiskosProblem, ImagesFailure> = {
  InvalidSettings: 'connection_refused',
  InvalidRequest: 'request_refused',
  DataRefused: 'request_refused',
  AuthenticationFailed: 'api_key_refused',
  PermissionDenied: 'permission_denied',
  WorkflowNotFound: 'request_refused',
  WorkflowNotPublished: 'request_refused',
  NotFound: 'evaluation_unknown',
  RequestRefused: 'request_refused',
  RateLimited: 'riskos_unavailable',
  ServerError: 'riskos_unavailable',
  Unreachable: 'riskos_unavailable',
  InsecureConnection: 'connection_refused',
  TimedOut: 'riskos_unavailable',
  ConnectionLost: 'riskos_unavailable',
  Cancelled: 'riskos_unavailable',
  Redirected: 'connection_refused',
  MalformedAnswer: 'riskos_unreadable',
  IncompleteAnswer: 'riskos_unreadable',
  ErrorInAnswer: 'riskos_unreadable',
  OversizedAnswer: 'request_refused',
  EncodedAnswer: 'connection_refused',
  WrongEnvironment: 'wrong_environment',
  WrongEvaluation: 'request_refused',
  InvalidWebhook: 'request_refused',
};

const ofStorage: Record<StorageProblem, ImagesFailure> = {
  InvalidStorageUrl: 'storage_missing',
  StorageUnavailable: 'storage_unavailable',
  StorageFull: 'storage_full',
  StorageDenied: 'storage_denied',
  StorageMissing: 'storage_missing',
  StorageClockSkewed: 'clock_skewed',
  StorageUnsupported: 'storage_denied',
  StorageUnsafe: 'storage_unsafe',
  StorageCorrupt: 'storage_unsafe',
  StorageHeld: 'storage_denied',
};
