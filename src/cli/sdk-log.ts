import { aboutToMove } from '../contract/index.ts';
import { logFields } from '../contract/log-fields.ts';
import type { LogEntry } from '@temporalio/worker';

interface SdkLine {
  level: 'trace' | 'debug' | 'info' | 'warn' | 'error';
  fields: object;
  message: string;
}

const levels = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' } as const;

/** The names of Temporal's core for what has another name elsewhere. */
const names: Record<string, string> = {
  run_id: 'runId',
  workflow_id: 'workflowId',
  workflow_type: 'workflowType',
  activity_id: 'activityId',
  activity_type: 'activityType',
  task_queue: 'taskQueue',
  // A failed task or the answer of Temporal, as core prints them.
  failure: 'error',
  details: 'error',
  err: 'error',
};

/** What the SDK means by its fields of these names; it has others that are called like ours, with anything in them. */
const sdkFields: readonly string[] = [
  'sdkComponent',
  'namespace',
  'taskQueue',
  'workflowId',
  'workflowType',
  'runId',
  'activityId',
  'activityType',
  'updateId',
  'updateName',
  'state',
  'durationMs',
  'error',
] satisfies (keyof typeof logFields)[];

/** Written by code of ours, so that words and fields are known. */
const ours: readonly unknown[] = ['workflow', 'activity', 'candidate-funnel'];

/**
 * A line of Temporal's SDK, of its core, or of our workflows and activities, in the shape of all others: fields that are
 * listed, words without what the SDK puts into them, and the level that an operator expects. Undefined for what is no news.
 */
export function sdkLine({
  level,
  message,
  meta = {},
}: Pick<LogEntry, 'level' | 'message' | 'meta'>): SdkLine | undefined {
  // Each of our workers has either workflows or activities.
  if (/^No (activities|workflows|Nexus services) registered/.test(message)) return undefined;
  const isOurs = ours.includes(meta['sdkComponent']);
  const fields: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(meta)) {
    const known = names[name] ?? name;
    if (isOurs ? Object.hasOwn(logFields, known) : sdkFields.includes(known)) fields[known] = value;
  }
  const error = fields['error'];
  return {
    level: isRefusedQuery(error) ? 'debug' : levels[level],
    fields,
    message: isOurs ? message : constantPart(message),
  };
}

/** A query that comes before its task is refused and asked again: nothing is wrong. */
function isRefusedQuery(error: unknown): boolean {
  if (typeof error === 'string') return error.includes(aboutToMove) || error.includes('"AboutToMove"');
  return typeof error === 'object' && error !== null && 'message' in error && error.message === aboutToMove;
}

/** Up to where a value may begin: the SDK quotes errors and payloads in its words. */
function constantPart(message: string): string {
  const [constant = ''] = message.split(/: |[`"'{[(\n]/, 1);
  return constant.length === message.length ? message : `${constant.trimEnd()} …`;
}
