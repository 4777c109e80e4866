import { NamespaceNotFoundError } from '@temporalio/client';
import type { ArchiveProblem } from '../archive/index.ts';
import { isUnreachable } from '../client/errors.ts';
import { FunnelError } from '../client/index.ts';
import { temporalConfig } from '../client/settings.ts';
import type { Refusal, UpdateName } from '../contract/index.ts';
import type { DevServerProblem } from '../dev-server/index.ts';
import type { StorageProblem } from '../storage/index.ts';

/** Input that a verb cannot work with: a file, an option. One line that says which, and what to do. */
export class InputError extends Error {
  readonly type = 'WrongInput';
}

/** What can end a command besides a refusal of a funnel. */
export type CommandError =
  | 'WrongInput'
  | 'WrongSetting'
  | 'ImagesNotFound'
  | 'InvalidSettings'
  | 'InvalidEmulatorOptions'
  | 'TemporalNotFound'
  | 'SetupNeeded'
  | DevServerProblem
  | ArchiveProblem
  | StorageProblem;

/** The exit code of each; a new type of error without one does not compile. */
const commandExitCodes: Record<CommandError, number> = {
  WrongInput: 2,
  WrongSetting: 2,
  InvalidArchiveUrl: 2,
  InvalidRecipient: 2,
  InvalidIdentity: 2,
  InvalidLimits: 2,
  InvalidId: 2,
  ImagesNotFound: 3,
  ZipRefused: 1,
  ArchiveHeld: 4,
  ArchiveDeleted: 4,
  ArchiveUnsafe: 1,
  InvalidStorageUrl: 2,
  StorageUnavailable: 5,
  StorageFull: 5,
  StorageDenied: 2,
  StorageMissing: 2,
  StorageClockSkewed: 1,
  StorageUnsupported: 2,
  StorageUnsafe: 1,
  StorageCorrupt: 1,
  StorageHeld: 4,
  InvalidSettings: 2,
  InvalidEmulatorOptions: 2,
  TemporalNotFound: 2,
  SetupNeeded: 4,
  NotLoopback: 1,
  PortInUse: 1,
  DevServerFailed: 1,
};
export const commandErrors = Object.keys(commandExitCodes).filter(isCommandError);

function isCommandError(word: string): word is CommandError {
  return Object.hasOwn(commandExitCodes, word);
}

/** The exit code of each type of error; of any other it is 1. */
export const exitCodes: Record<Refusal | CommandError, number> = {
  ...commandExitCodes,
  InvalidApplication: 2,
  InvalidMessage: 2,
  NotFound: 3,
  WrongStage: 4,
  NoBaseline: 4,
  AlreadyOpen: 4,
  AlreadyClosed: 4,
  Forgotten: 4,
  EndedInTemporal: 4,
  UnreadableStatus: 1,
  Unreachable: 5,
  TemporalRefused: 1,
  RiskosRefused: 4,
  RiskosUnavailable: 5,
  WrongState: 4,
  Held: 4,
  NotHeld: 4,
};

export function exitCodeOf(error: unknown): number {
  if (error instanceof FunnelError) return exitCodes[error.type];
  if (isOutOfReach(error)) return exitCodes.Unreachable;
  const type = commandErrors.find((known) => known === typeOf(error));
  if (type) return exitCodes[type];
  return settingOf(error) ? 2 : 1;
}

function typeOf(error: unknown): unknown {
  return error instanceof Error && 'type' in error ? error.type : undefined;
}

/** Errors are for people: one line that names the setting where one is to blame. */
export function oneLine(error: unknown): string {
  if (error instanceof FunnelError) return inVerbs(textOf(error));
  if (isOutOfReach(error)) return `Temporal is out of reach${temporalAddress()}; is TEMPORAL_ADDRESS right?`;
  const setting = settingOf(error);
  const text = textOf(error);
  return setting && !text.startsWith(setting) ? `${setting}: ${text}` : text;
}

/** The funnel names its updates; who types verbs reads verbs. */
function inVerbs(text: string): string {
  return Object.entries(verbs)
    .reduce((line, [name, verb]) => line.replaceAll(new RegExp(`\\b${name}\\b`, 'g'), verb), text)
    .replaceAll('{ again: true }', '--again');
}

const verbs: Partial<Record<UpdateName, string>> = {
  requestDocuments: 'documents',
  requestReverification: 'reverify',
  requestPayrollSetup: 'payroll',
  submitOneTimeCode: 'code',
  resendOneTimeCode: 'resend-code',
  provideInformation: 'information',
  readNow: 'read',
};

/** ` at HOST:PORT`; nothing where Temporal's settings cannot be read. */
export function temporalAddress(): string {
  try {
    return ` at ${temporalConfig().connectionOptions.address ?? 'localhost:7233'}`;
  } catch {
    return '';
  }
}

/** The worker's native client is recognised by the name of its error, so that no verb of HR loads it. */
function isOutOfReach(error: unknown): boolean {
  return isUnreachable(error) || (error instanceof Error && error.name === 'TransportError');
}

/** One line of what was thrown; only the instructions for getting a Temporal server are longer. */
export function textOf(error: unknown): string {
  if (typeOf(error) === 'TemporalNotFound' && error instanceof Error) return error.message;
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n', 1)[0] ?? text;
}

/** The setting behind an error that somebody else's code throws. */
function settingOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  // It names its settings itself.
  if (error.name === 'CodecError') return undefined;
  if (typeOf(error) === 'InvalidArchiveUrl') return 'ARCHIVE_URL';
  if (error.name === 'StorageError') return 'ARCHIVE_URL';
  if (typeOf(error) === 'InvalidRecipient') return 'ARCHIVE_RECIPIENTS';
  if (error instanceof NamespaceNotFoundError || /namespace \S+ is not found/i.test(error.message)) {
    return 'TEMPORAL_NAMESPACE';
  }
  if (/Invalid address for Temporal/.test(error.message)) return 'TEMPORAL_ADDRESS';
  if (/EADDRINUSE|EADDRNOTAVAIL|EACCES.*listen|ENOTFOUND/.test(error.message)) {
    return 'RELAY_HOST, RELAY_PORT, CODEC_HOST, CODEC_PORT, METRICS_ADDRESS or --port';
  }
  return undefined;
}
