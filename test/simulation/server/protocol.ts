/** The part of Core's protocol that the simulation speaks: jobs into a workflow, commands out of it. */

export interface Payload {
  metadata?: Record<string, Uint8Array>;
  data?: Uint8Array;
}

export interface Failure {
  message?: string;
  cause?: Failure;
  applicationFailureInfo?: { type?: string; nonRetryable?: boolean; details?: { payloads: Payload[] } };
  timeoutFailureInfo?: { timeoutType: number };
  canceledFailureInfo?: object;
  activityFailureInfo?: { activityType: { name: string }; activityId: string };
}

export interface InitializeWorkflow {
  workflowType: string;
  workflowId: string;
  arguments: Payload[];
  headers: Record<string, Payload>;
  firstExecutionRunId: string;
  continuedFromExecutionRunId: string;
  attempt: number;
  memo: { fields: Record<string, Payload> };
}

interface DoUpdate {
  id: string;
  protocolInstanceId: string;
  name: string;
  input: Payload[];
  headers: Record<string, Payload>;
  meta: { updateId: string; identity: string };
  runValidator: boolean;
}

export type ActivityResult =
  { completed: { result: Payload } } | { failed: { failure: Failure } } | { cancelled: { failure: Failure } };

export type Job =
  | { variant: 'initializeWorkflow'; initializeWorkflow: InitializeWorkflow }
  | {
      variant: 'signalWorkflow';
      signalWorkflow: { signalName: string; input: Payload[]; headers: Record<string, Payload> };
    }
  | { variant: 'doUpdate'; doUpdate: DoUpdate }
  | { variant: 'cancelWorkflow'; cancelWorkflow: { reason: string } }
  | { variant: 'fireTimer'; fireTimer: { seq: number } }
  | { variant: 'resolveActivity'; resolveActivity: { seq: number; result: ActivityResult } }
  | {
      variant: 'resolveChildWorkflowExecutionStart';
      resolveChildWorkflowExecutionStart: {
        seq: number;
        succeeded?: { runId: string };
        failed?: { workflowId: string; workflowType: string; cause: number };
        cancelled?: { failure: Failure };
      };
    }
  | {
      variant: 'resolveChildWorkflowExecution';
      resolveChildWorkflowExecution: { seq: number; result: ActivityResult };
    }
  | {
      variant: 'resolveSignalExternalWorkflow';
      resolveSignalExternalWorkflow: { seq: number; failure?: Failure };
    };

/** Seconds are a Long of the SDK's. */
interface Duration {
  seconds?: { toNumber(): number } | null;
  nanos?: number | null;
}

export interface ScheduleActivity {
  seq: number;
  activityId: string;
  activityType: string;
  arguments: Payload[];
  taskQueue: string;
  retryPolicy?: {
    initialInterval?: Duration;
    backoffCoefficient?: number;
    maximumInterval?: Duration;
    maximumAttempts?: number;
  };
  scheduleToCloseTimeout?: Duration;
  startToCloseTimeout?: Duration;
  heartbeatTimeout?: Duration;
}

export interface StartChild {
  seq: number;
  workflowId: string;
  workflowType: string;
  input: Payload[];
}

export interface UpdateResponse {
  protocolInstanceId: string;
  accepted?: object;
  rejected?: Failure;
  completed?: Payload;
}

export interface Command {
  /** What it is for, as the Temporal UI shows it. */
  userMetadata?: { summary?: Payload };
  startTimer?: { seq: number; startToFireTimeout: Duration };
  cancelTimer?: { seq: number };
  scheduleActivity?: ScheduleActivity;
  requestCancelActivity?: { seq: number };
  startChildWorkflowExecution?: StartChild;
  signalExternalWorkflowExecution?: {
    seq: number;
    workflowExecution: { workflowId: string };
    signalName: string;
    args: Payload[];
  };
  upsertWorkflowSearchAttributes?: { searchAttributes: { indexedFields: Record<string, Payload> } };
  modifyWorkflowProperties?: { upsertedMemo: { fields: Record<string, Payload> } };
  continueAsNewWorkflowExecution?: { arguments: Payload[]; memo?: Record<string, Payload> };
  completeWorkflowExecution?: { result?: Payload };
  failWorkflowExecution?: { failure: Failure };
  cancelWorkflowExecution?: object;
  updateResponse?: UpdateResponse;
  respondToQuery?: { succeeded?: { response: Payload }; failed?: Failure };
}

/** What a workflow is activated with: the jobs of one workflow task, at the time of its start. */
export interface Activation {
  /** Milliseconds since 1970. */
  time: number;
  historyLength: number;
  continueAsNewSuggested: boolean;
  replaying: boolean;
  jobs: Job[];
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const json = { encoding: encoder.encode('json/plain') };

export function toPayload(value: unknown): Payload {
  return { metadata: json, data: encoder.encode(JSON.stringify(value)) };
}

/** The JSON of a payload, or null; as with JSON.parse, whoever reads it knows the shape. */
export function fromPayload(payload: Payload | undefined) {
  const data = payload?.data;
  return JSON.parse(data && data.length > 0 ? decoder.decode(data) : 'null');
}

export function milliseconds(duration: Duration | undefined | null): number | undefined {
  if (!duration) return undefined;
  return (duration.seconds?.toNumber() ?? 0) * 1000 + (duration.nanos ?? 0) / 1_000_000;
}

export function fieldsOf(fields: Record<string, Payload>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).map(([name, payload]) => [name, fromPayload(payload)]));
}

/** Fields to upsert. The server fails the workflow task of a command without any. */
export function upsertedFieldsOf(fields: Record<string, Payload>): Record<string, unknown> {
  if (Object.keys(fields).length === 0) throw new Error('the server refuses to upsert nothing');
  return fieldsOf(fields);
}

export function payloadsOf(values: Record<string, unknown>): Record<string, Payload> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, toPayload(value)]));
}

export function signalJob(signalName: string, input: Payload[]): Job {
  return { variant: 'signalWorkflow', signalWorkflow: { signalName, input, headers: {} } };
}

/** True if two commands, or parts of them, are the same in JSON. */
export function isSame(one: unknown, other: unknown): boolean {
  if (one === other) return true;
  if (!isRecord(one) || !isRecord(other)) return false;
  if (one instanceof Uint8Array && other instanceof Uint8Array) return Buffer.compare(one, other) === 0;
  const names = Object.keys(one);
  if (names.length !== Object.keys(other).length) return false;
  for (const name of names) if (!isSame(one[name], other[name])) return false;
  return true;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
