import { z } from 'zod';
import type { RiskosProblem } from '../contract/index.ts';
import { type Fault, RiskosError } from './errors.ts';
import type { Answer } from './http.ts';
import { isRecord, parseJson } from './json.ts';
import { evalIdIn, processedBy, type Sent } from './processed.ts';
import { retryAfterOf } from './retry.ts';

export interface FailedCall {
  call: string;
  sent: Sent;
  now: Date;
}

/** What an answer that is not 2xx means. */
export function errorOfAnswer(answer: Answer, { call, sent, now }: FailedCall): RiskosError {
  const { status } = answer;
  const body = parseJson(answer.body);
  const { code, fields } = errorBody(body);
  const type = typeOf(status, code);
  return new RiskosError(type, {
    call,
    status,
    code,
    fields,
    processed: processedBy(sent, status, body, code),
    evalId: sent.kind === 'create' ? evalIdIn(body) : undefined,
    retryAfter: retryAfterOf(answer.headers, now),
    fault: type === 'DataRefused' ? faultOf(fields) : undefined,
  });
}

/** RiskOS's error codes [doc, seen]. Any other code is kept when it is written like these. */
const typeOfCode: Record<string, RiskosProblem> = {
  AUTHENTICATION_FAILED: 'AuthenticationFailed',
  PERMISSION_DENIED: 'PermissionDenied',
  WORKFLOW_NOT_FOUND: 'WorkflowNotFound',
  WORKFLOW_NOT_PUBLISHED: 'WorkflowNotPublished',
};

function typeOf(status: number, code: string | undefined): RiskosProblem {
  if (status < 400) return 'Redirected';
  if (code !== undefined && Object.hasOwn(typeOfCode, code)) return typeOfCode[code] ?? 'RequestRefused';
  if (status >= 500) return 'ServerError';
  switch (status) {
    case 400:
    case 422:
      return code === 'INVALID_ID' ? 'NotFound' : 'DataRefused';
    case 401:
      return 'AuthenticationFailed';
    case 403:
      return 'PermissionDenied';
    case 404:
      return 'NotFound';
    case 408:
      return 'TimedOut';
    case 429:
      return 'RateLimited';
    default:
      return 'RequestRefused';
  }
}

function faultOf(fields: string[]): Fault {
  return fields.some((field) => field.startsWith('candidate.')) ? 'candidate' : 'setup';
}

const invalidArgument = z.object({ field: z.string() });

/** The three documented shapes `{message}`, `{error}`, `{error, code, message, details, invalid_args}`, read leniently [doc, seen]. */
function errorBody(body: unknown): { code: string | undefined; fields: string[] } {
  if (!isRecord(body)) return { code: undefined, fields: [] };
  const inner = isRecord(body['error']) ? body['error'] : {};
  const candidates = [body['code'], inner['code'], body['error'], body['message']];
  const args = body['invalid_args'] ?? inner['invalid_args'];
  const fields = (Array.isArray(args) ? args : []).slice(0, 50).flatMap((argument) => {
    const parsed = invalidArgument.safeParse(argument);
    return parsed.success ? [fieldName(parsed.data.field)] : [];
  });
  return { code: candidates.map(codeOf).find(Boolean), fields: [...new Set(fields)] };
}

/** "No Documents Found", a normal answer about images [doc], in whichever of the shapes. */
export function saysNoDocuments(body: unknown): boolean {
  if (!isRecord(body)) return false;
  return [body['message'], body['error']].some(
    (text) => typeof text === 'string' && /^\s*no documents? found\b/i.test(text),
  );
}

function codeOf(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined;
  const word = text.trim().toUpperCase().replaceAll(' ', '_');
  if (Object.hasOwn(typeOfCode, word)) return word;
  return /^[A-Z]{2,}(_[A-Z]+)+$/.test(text) && text.length <= 64 ? text : undefined;
}

const segment = /^[a-z][a-z0-9_]{0,39}$/;

/**
 * RiskOS's field as we name it: `data.individual.given_name` → `candidate.givenName`. What does not look like a field
 * becomes "unnamed field", because a value could stand there.
 */
function fieldName(field: string): string {
  const path = field.replace(/^[$#./]+/, '').split(/[./]/);
  const [head] = path;
  if (head === 'data') path.shift();
  if (path.length === 0 || !path.every((part) => segment.test(part))) return 'unnamed field';
  const individual = path[0] === 'individual';
  if (individual) path.shift();
  const [first = ''] = path;
  const own = individual || ownFields.includes(first);
  if (first === 'docv')
    return ['documents', ...path.slice(path[1] === 'config' ? 2 : 1)].map(camelCased).join('.');
  return [...(own && first !== 'external_device' ? ['candidate'] : []), ...path].map(camelCased).join('.');
}

const ownFields = [
  'given_name',
  'family_name',
  'email',
  'phone_number',
  'di_session_token',
  'address',
  'date_of_birth',
  'national_id',
  'ip_address',
];

function camelCased(name: string): string {
  return name.replaceAll(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
