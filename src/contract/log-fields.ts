/** What the value of a field must look like to be printed. */
export type LogForm =
  | 'id'
  | 'ids'
  | 'word'
  | 'number'
  | 'flag'
  | 'time'
  | 'text'
  | 'person'
  | 'call'
  | 'place'
  | 'counts'
  | 'shape'
  | 'error';

interface Values {
  id: string;
  ids: readonly string[];
  word: string | number;
  number: number;
  flag: boolean;
  time: string | Date;
  text: string;
  person: string;
  call: string;
  place: string;
  counts: Record<string, number>;
  shape: unknown;
  error: unknown;
}

/**
 * Every field that a log line of any process may have besides `level`, `time` and `msg`. Any other field does not compile and
 * is not printed; a value that does not have the form of its field is not printed either.
 */
export const logFields = {
  name: {
    form: 'id',
    meaning: 'the process that wrote the line: worker, relay, codec-server, monitor, emulator, dev, demo',
  },
  build: {
    form: 'id',
    meaning: 'the build of the process: its commit, or its version where it has no build id',
  },
  applicationId: { form: 'id', meaning: "the HR system's id of the application" },
  workflowId: { form: 'id', meaning: 'the workflow that the line is about' },
  runId: { form: 'id', meaning: 'the run of that workflow' },
  correlationId: { form: 'id', meaning: 'joins the lines of one RiskOS call; in a funnel the evaluation id' },
  evaluationId: { form: 'id', meaning: 'our id of an evaluation; begins with the application id' },
  evalId: { form: 'id', meaning: "RiskOS's id of an evaluation" },
  eventId: { form: 'id', meaning: "RiskOS's id of a webhook" },
  notice: { form: 'id', meaning: 'the id of a notice to the HR system' },
  reqId: { form: 'id', meaning: 'joins the lines of one HTTP request to the emulator' },
  workflowType: { form: 'word', meaning: 'the type of the workflow' },
  activityId: { form: 'id', meaning: 'the activity that the line is about' },
  activityType: { form: 'word', meaning: 'the type of that activity' },
  attempt: { form: 'number', meaning: 'which attempt of the activity or task' },
  updateId: { form: 'id', meaning: 'the update that the workflow was handling' },
  updateName: { form: 'word', meaning: 'the name of that update' },
  namespace: { form: 'id', meaning: "Temporal's namespace" },
  taskQueue: { form: 'id', meaning: 'the task queue' },
  sdkComponent: {
    form: 'word',
    meaning: "which part of Temporal's SDK wrote the line; absent for our own lines",
  },
  state: { form: 'word', meaning: 'the state of a worker' },
  deployment: { form: 'id', meaning: 'the name that versioned workers share' },
  standing: { form: 'word', meaning: 'whether the version of the worker gets funnels: docs/upgrading.md' },
  current: { form: 'id', meaning: 'the build id of the version that is current' },
  error: {
    form: 'error',
    meaning:
      'what failed: `type`, `code`, `status`, `cause`, and the `message` where it is known to hold no data, otherwise `at` (stack frames)',
  },
  type: { form: 'word', meaning: 'the type of a failed RiskOS call or notice' },
  status: { form: 'word', meaning: 'the HTTP status' },
  code: { form: 'word', meaning: "RiskOS's own error code" },
  reason: { form: 'word', meaning: 'why, as one of the documented words' },
  result: { form: 'word', meaning: 'what a delivery led to' },
  eventType: { form: 'word', meaning: "RiskOS's type of a webhook" },
  processed: { form: 'word', meaning: 'whether RiskOS processed the request: yes, no, perhaps' },
  retryable: { form: 'flag', meaning: 'whether the same request can succeed later' },
  retryAfter: { form: 'number', meaning: 'milliseconds that RiskOS asks to wait' },
  action: { form: 'text', meaning: 'what to do' },
  call: { form: 'call', meaning: 'method and path of a RiskOS call' },
  method: { form: 'word', meaning: 'method of an HTTP request' },
  route: { form: 'call', meaning: 'the route that served an HTTP request, without its parameters' },
  milliseconds: { form: 'number', meaning: 'how long it took' },
  durationMs: { form: 'number', meaning: 'how long an activity took, in milliseconds' },
  seconds: { form: 'number', meaning: 'how long it lasted' },
  since: { form: 'time', meaning: 'since when' },
  bytes: { form: 'number', meaning: 'size of an answer' },
  body: { form: 'shape', meaning: 'a RiskOS request or answer at level debug, without any personal data' },
  count: { form: 'number', meaning: 'how many' },
  failed: { form: 'number', meaning: 'notices that were not delivered since' },
  images: { form: 'number', meaning: 'image files that were decrypted' },
  keys: { form: 'number', meaning: 'objects that were removed' },
  kind: { form: 'word', meaning: 'what a sweep of the archive removed' },
  limit: { form: 'word', meaning: 'what the storage cannot do' },
  address: { form: 'place', meaning: 'where a process listens' },
  auth: { form: 'ids', meaning: 'how senders are authenticated' },
  audit: { form: 'word', meaning: 'an audit line of the codec server: decode, encode or tombstone' },
  who: { form: 'person', meaning: 'the `sub` of the token' },
  readerEmail: { form: 'person', meaning: 'the `email` of the token: of the employee, never of a candidate' },
  step: { form: 'word', meaning: 'the step of forgetting an application that begins' },
  by: { form: 'person', meaning: 'the operator who ran the command' },
  role: { form: 'word', meaning: 'the role of the token' },
  workflows: {
    form: 'ids',
    meaning: 'workflows whose payloads were decoded or encoded, or whose tombstone was read',
  },
  part: { form: 'number', meaning: 'which of the `parts` audit lines of one request' },
  parts: { form: 'number', meaning: 'how many lines name the workflows of this request' },
  workflowCount: { form: 'number', meaning: 'how many workflows it was in all of these lines' },
  clear: { form: 'number', meaning: 'payloads that were not encrypted' },
  refused: { form: 'number', meaning: 'payloads that could not be decoded' },
  reasons: { form: 'counts', meaning: 'how many of them for which reason' },
  refusedWorkflows: { form: 'ids', meaning: 'the workflows that they claim to belong to' },
} as const satisfies Record<string, { form: LogForm; meaning: string }>;

type Listed = typeof logFields;
type LogFields = { readonly [Name in keyof Listed]?: Values[Listed[Name]['form']] | null | undefined };

/** Makes the compiler refuse fields that are not on the list, including those of a spread. */
export type OnlyListed<Fields> = Fields & {
  readonly [Name in keyof Fields]: Name extends keyof LogFields ? LogFields[Name] : never;
};

/** What writes log lines; a pino logger is one. */
export interface Log {
  trace<Fields extends object>(fields: OnlyListed<Fields>, message: string): void;
  debug<Fields extends object>(fields: OnlyListed<Fields>, message: string): void;
  info<Fields extends object>(fields: OnlyListed<Fields>, message: string): void;
  warn<Fields extends object>(fields: OnlyListed<Fields>, message: string): void;
  error<Fields extends object>(fields: OnlyListed<Fields>, message: string): void;
  fatal<Fields extends object>(fields: OnlyListed<Fields>, message: string): void;
}

/** The log of a process, which parts of it extend with fields of their own. */
export interface ParentLog extends Log {
  child<Fields extends object>(fields: OnlyListed<Fields>): ParentLog;
  isLevelEnabled(level: string): boolean;
  readonly level: string;
}

/** For the loggers of Temporal's SDK, which take any fields. */
export function listed<Fields extends object>(fields: OnlyListed<Fields>): Fields {
  return fields;
}
