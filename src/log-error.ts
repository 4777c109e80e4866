import { imagesFailureTypes, noticeFailureTypes, riskosFailureTypes } from './contract/index.ts';

/** An error as a log line shows it. */
export interface LoggedError {
  type: string;
  code?: string | number;
  status?: number;
  message?: string;
  at?: string[];
  cause?: LoggedError;
}

const deepest = 5;
/** Errors that an activity has already converted, because its logger may not be ours. */
const ready = new WeakMap<object, LoggedError>();
const word = /^[\w.-]{1,80}$/;

/**
 * The type and the code of an error and of its causes, with the message if the error is known to hold no data of anybody, and
 * otherwise with its place: JSON.parse, for one, quotes what it could not read. Takes an error of any realm, and the text that
 * Temporal's core makes of one.
 */
export function loggedError(error: unknown, depth = 1): LoggedError {
  if (typeof error === 'string') return ofCore(error);
  if (typeof error !== 'object' || error === null) return { type: typeof error };
  const made = ready.get(error);
  if (made) return made;
  const { code, status, message, stack } = { ...shapeOf(error) };
  const type = typeOf(error, stack);
  const cause =
    'cause' in error && error.cause !== undefined && error.cause !== null ? error.cause : undefined;
  const shown = message && speaks(error, type, code) ? message.slice(0, 500) : undefined;
  // A message of gRPC does not name the call.
  const at = shown === undefined || typeof code === 'number' ? framesOf(stack) : [];
  const logged: LoggedError = {
    type,
    ...(isCode(code) ? { code: grpc(code) } : {}),
    ...(typeof status === 'number' ? { status } : {}),
    ...(shown === undefined ? {} : { message: shown }),
    ...(at.length > 0 ? { at } : {}),
    ...(cause === undefined || depth === deepest ? {} : { cause: loggedError(cause, depth + 1) }),
  };
  ready.set(logged, logged);
  return logged;
}

/** Our own classes, whose messages hold no received value. */
export const speakingErrors: readonly string[] = [
  'ArchiveError',
  'CodecError',
  'DevServerError',
  'FunnelError',
  'ImagesNotFound',
  'InputError',
  'InvalidEmulatorOptions',
  'NotifyError',
  'ProxyError',
  'RemoteCodecError',
  'RiskosError',
  'RunGone',
  'SettingsError',
  'SetupNeeded',
  'StateError',
  'StorageError',
  'TemporalNotFound',
];
const speakingFailures: readonly string[] = [
  ...riskosFailureTypes,
  ...imagesFailureTypes,
  ...noticeFailureTypes,
];
/** Of the connection alone: UNAVAILABLE, DEADLINE_EXCEEDED, UNAUTHENTICATED. */
const speakingCodes: readonly unknown[] = [4, 14, 16];
/** Of Node and undici, about a connection or a file. */
const systemCode = /^(E[A-Z0-9]+|UND_ERR_\w+|ERR_TLS_\w+|CERT_\w+|\w+_CERT\w*)$/;

function speaks(error: object, type: string, code: unknown): boolean {
  if (
    speakingErrors.some((name) => name === nameOf(error) || name === type) ||
    speakingFailures.includes(type)
  )
    return true;
  if (typeof code === 'string') return systemCode.test(code);
  return 'details' in error && speakingCodes.includes(code);
}

interface Shape {
  code?: unknown;
  status?: unknown;
  message?: string;
  stack?: string;
}

function shapeOf(error: object): Shape {
  return {
    ...('code' in error ? { code: error.code } : {}),
    ...('status' in error ? { status: error.status } : {}),
    ...('message' in error && typeof error.message === 'string' ? { message: error.message } : {}),
    ...('stack' in error && typeof error.stack === 'string' ? { stack: error.stack } : {}),
  };
}

function typeOf(error: object, stack: string | undefined): string {
  if ('type' in error && typeof error.type === 'string' && word.test(error.type)) return error.type;
  const name = nameOf(error);
  // What crossed a thread has kept its stack only.
  return name === 'Error' ? (/^(\w{1,80})(?=:|\n|$)/.exec(stack ?? '')?.[1] ?? name) : name;
}

function nameOf(error: object): string {
  const own = 'name' in error && typeof error.name === 'string' ? error.name : '';
  const name = own === '' || own === 'Error' ? error.constructor?.name : own;
  return typeof name === 'string' && word.test(name) ? name : 'Error';
}

function framesOf(stack: string | undefined): string[] {
  return (stack?.match(/^ +at .+$/gm) ?? [])
    .map((line) => line.trim())
    .filter((line) => /^at [^"'`]{1,300}$/.test(line))
    .slice(0, 8);
}

function isCode(code: unknown): code is string | number {
  return typeof code === 'number' || (typeof code === 'string' && word.test(code));
}

const grpcCodes =
  'OK CANCELLED UNKNOWN INVALID_ARGUMENT DEADLINE_EXCEEDED NOT_FOUND ALREADY_EXISTS PERMISSION_DENIED RESOURCE_EXHAUSTED FAILED_PRECONDITION ABORTED OUT_OF_RANGE UNIMPLEMENTED INTERNAL UNAVAILABLE DATA_LOSS UNAUTHENTICATED'.split(
    ' ',
  );

function grpc(code: string | number): string | number {
  return typeof code === 'number' ? (grpcCodes[code] ?? code) : code;
}

/** Core prints whole messages, with task tokens and payloads. */
function ofCore(text: string): LoggedError {
  const code = /\bcode: '?([A-Za-z]\w*(?: \w+){0,8})'?/.exec(text)?.[1];
  const type = /\br#type: "([\w.-]{1,80})"/.exec(text)?.[1] ?? /^([A-Za-z]\w{0,60})/.exec(text)?.[1];
  return { type: type ?? 'Error', ...(code === undefined ? {} : { code: code.slice(0, 80) }) };
}
