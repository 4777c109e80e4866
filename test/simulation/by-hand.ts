import type { Status, TimelineEntry } from '../../src/contract/index.ts';
import {
  type Command,
  type Failure,
  fieldsOf,
  fromPayload,
  type Job,
  milliseconds,
  payloadsOf,
  type ScheduleActivity,
  signalJob,
  type StartChild,
  toPayload,
  upsertedFieldsOf,
} from './server/protocol.ts';
import type { Instance, Sandbox } from './server/sandbox.ts';
import { answered, type Evaluation, failed, names, type Trouble, workflowIdOf } from './world/contract.ts';

/** A timer that is running: what it is for, and with how many milliseconds it was set. */
interface RunningTimer {
  summary: string;
  length: number;
}

type UpdateResult = { refused: string } | { answer: unknown } | undefined;

interface Limits {
  scheduleToClose: number | undefined;
  startToClose: number | undefined;
  heartbeat: number | undefined;
  attempts: number | undefined;
  firstRetry: number | undefined;
  longestRetry: number | undefined;
  backoff: number | undefined;
}

type Settled = { evaluation: Evaluation } | { failure: Trouble; retryAfter?: number; evalId?: string };

/**
 * One funnel in the sandbox, whose every event is brought by hand, in virtual time: what it asks for is seen command by command,
 * and nobody waits.
 */
export interface FunnelByHand {
  now(): number;
  status(): Status;
  timeline(): TimelineEntry[];
  /** The UI's current details, and the descriptions of its handlers. */
  details(): unknown;
  /** The summaries of all that was asked for, in all runs. */
  summaries(): string[];
  /** The inputs of all activities of this type, in all runs. */
  everAsked(type: string): unknown[];
  timers(): RunningTimer[];
  /** With how many milliseconds the timer with this summary was set; undefined where none is running. */
  timer(summary: string): number | undefined;
  /** The inputs of the activities of this type that have not been answered, the oldest first. */
  calls(type: string): unknown[];
  /** How often an activity of this type was asked for, in all runs. */
  asked(type: string): number;
  /** The limits of the oldest open activity of this type, in milliseconds; what is undefined has none. */
  limits(type: string): Limits;
  children(): { workflowId: string; input: unknown[] }[];
  /** All search attributes that were set, in all runs. */
  attributes(): Record<string, unknown>;
  /** Memo fields that were set, in all runs. */
  memo(): Record<string, unknown>;
  /** Answers the oldest open activity of this type. */
  settle(type: string, result: Settled): void;
  /** Temporal's cancel. */
  cancel(): void;
  /** Temporal's cancel comes with the same task as the next answer of an activity. */
  cancelWithNext(): void;
  settleNotice(result: 'taken' | 'refused'): void;
  /** The time of the timer with this summary comes. */
  fire(summary: string): void;
  signal(name: string, input: unknown): void;
  /** The refusal of the update, or its answer; undefined while it is under way. */
  update(name: string, input: unknown): UpdateResult;
  /** Several that come with the same workflow task. */
  updateTogether(...updates: [name: string, input: unknown][]): UpdateResult[];
  /** Every answer and refusal of an update of this run. */
  answers(): ({ refused: string } | { answer: unknown })[];
  /** How many commands of all runs history has: all but refusals before an update was accepted. */
  traces(): number;
  /** From the next task on, Temporal suggests to continue as new. */
  suggestContinueAsNew(): void;
  /** True where the run has asked for the next one. */
  hasContinued(): boolean;
  /** What it passed on. */
  passedOn(): unknown;
  /** The next run begins with what this one passed on. */
  continue(): void;
  /** True where the workflow has ended. */
  hasEnded(): boolean;
}

type Opening =
  | { application: { applicationId: string } }
  /** As an earlier run would pass it on. */
  | { applicationId: string; carried: unknown };

interface Options {
  /** Milliseconds since 1970. */
  at: number;
  /** Whether continue-as-new is suggested from the first task on. */
  suggested?: boolean;
}

const cancelWorkflow: Job = { variant: 'cancelWorkflow', cancelWorkflow: { reason: '' } };
const firstRunId = '0193d5c1-0000-7000-8000-00000a1b2c3d';

export function openByHand(
  sandbox: Sandbox,
  opening: Opening,
  { at, suggested = false }: Options,
): FunnelByHand {
  let time = at;
  let historyLength = 0;
  let runs = 0;
  let instance: Instance;
  let ended = false;
  let suggesting = false;
  let cancelling = false;
  let continued: unknown[] | undefined;
  let timers = new Map<number, RunningTimer & { due: number }>();
  let open = new Map<number, ScheduleActivity>();
  let responses = new Map<string, { refused: string } | { answer: unknown }>();
  let updates = 0;
  let traces = 0;
  const asked: ScheduleActivity[] = [];
  const summaries: string[] = [];
  // As our client starts a funnel.
  let memo: Record<string, unknown> = { status: { stage: 'starting' }, private: {} };
  const children: StartChild[] = [];
  const attributes: Record<string, unknown> = {};
  const applicationId = 'carried' in opening ? opening.applicationId : opening.application.applicationId;

  const act = (jobs: Job[], suggests = false): void => {
    time += 1;
    historyLength += 3 + jobs.length;
    const later: Job[] = [];
    for (let next = jobs; next.length > 0;) {
      const activation = {
        time,
        historyLength,
        continueAsNewSuggested: suggests || suggesting,
        replaying: false,
      };
      const commands = instance.activate({ ...activation, jobs: next });
      next = commands.flatMap((command) => apply(command, later));
    }
    if (later.length > 0 && !ended && !continued) act(later);
  };

  const apply = (command: Command, later: Job[]): Job[] => {
    summaries.push(summaryOf(command));
    if (!command.updateResponse?.rejected) traces += 1;
    const { startTimer, cancelTimer, scheduleActivity, requestCancelActivity, updateResponse } = command;
    if (startTimer) {
      const length = milliseconds(startTimer.startToFireTimeout) ?? 0;
      timers.set(startTimer.seq, { summary: summaryOf(command), length, due: time + length });
    }
    if (cancelTimer) timers.delete(cancelTimer.seq);
    if (scheduleActivity) {
      open.set(scheduleActivity.seq, scheduleActivity);
      asked.push(scheduleActivity);
    }
    if (updateResponse?.rejected)
      responses.set(updateResponse.protocolInstanceId, { refused: refusalIn(updateResponse.rejected) });
    if (updateResponse?.completed)
      responses.set(updateResponse.protocolInstanceId, { answer: fromPayload(updateResponse.completed) });
    if (command.startChildWorkflowExecution) {
      const child = command.startChildWorkflowExecution;
      children.push(child);
      const started = { seq: child.seq, succeeded: { runId: 'run-of-the-child' } };
      later.push({
        variant: 'resolveChildWorkflowExecutionStart',
        resolveChildWorkflowExecutionStart: started,
      });
    }
    const upsert = command.upsertWorkflowSearchAttributes;
    if (upsert) Object.assign(attributes, upsertedFieldsOf(upsert.searchAttributes.indexedFields));
    const modified = command.modifyWorkflowProperties;
    if (modified) Object.assign(memo, upsertedFieldsOf(modified.upsertedMemo.fields));
    const again = command.continueAsNewWorkflowExecution;
    if (again) {
      continued = again.arguments.map(fromPayload);
      memo = fieldsOf(again.memo ?? {});
    }
    ended ||= command.completeWorkflowExecution !== undefined || command.failWorkflowExecution !== undefined;
    if (!requestCancelActivity || !open.delete(requestCancelActivity.seq)) return [];
    return [cancelled(requestCancelActivity.seq)];
  };

  const begin = (input: unknown[], continuedFrom: string, suggests: boolean): void => {
    runs += 1;
    historyLength = 0;
    timers = new Map();
    open = new Map();
    responses = new Map();
    continued = undefined;
    suggesting = false;
    const initializeWorkflow = {
      workflowType: names.funnel,
      workflowId: workflowIdOf(applicationId),
      arguments: input.map(toPayload),
      headers: {},
      firstExecutionRunId: firstRunId,
      continuedFromExecutionRunId: continuedFrom,
      attempt: 1,
      memo: { fields: payloadsOf(memo) },
    };
    const runId = `run-${runs}`;
    instance = sandbox.open({ runId, initialize: initializeWorkflow, time: time + 1, replaying: false });
    act([{ variant: 'initializeWorkflow', initializeWorkflow }], suggests);
  };

  const oldest = (type: string): ScheduleActivity => {
    const found = [...open.values()].find(({ activityType }) => activityType === type);
    if (!found) throw new Error(`no open call of ${type}; timers: ${JSON.stringify(funnel.timers())}`);
    return found;
  };

  const resolve = (
    { seq, activityType, activityId }: ScheduleActivity,
    failure: Failure | null,
    value?: unknown,
  ): void => {
    open.delete(seq);
    const result = failure
      ? {
          failed: {
            failure: {
              message: 'Activity task failed',
              activityFailureInfo: { activityType: { name: activityType }, activityId },
              cause: failure,
            },
          },
        }
      : { completed: { result: toPayload(value) } };
    const cancel: Job[] = cancelling ? [cancelWorkflow] : [];
    cancelling = false;
    act([{ variant: 'resolveActivity', resolveActivity: { seq, result } }, ...cancel]);
  };

  /** What the workflow waits for before a run ends. */
  const answerFirst = (): void => {
    const last = 'lets updates finish before the run ends';
    while (funnel.timer(last) !== undefined) funnel.fire(last);
  };

  const funnel: FunnelByHand = {
    now: () => time,
    status: () => fromPayload(instance.query(names.status)),
    timeline: () => fromPayload(instance.query('timeline')),
    details: () => fromPayload(instance.query('__temporal_workflow_metadata')),
    summaries: () => summaries,
    everAsked: (type) =>
      asked.flatMap((one) => (one.activityType === type ? [fromPayload(one.arguments[0])] : [])),
    timers: () => [...timers.values()].map(({ summary, length }) => ({ summary, length })),
    timer: (summary) => funnel.timers().find((one) => one.summary === summary)?.length,
    calls: (type) =>
      [...open.values()].flatMap((one) => (one.activityType === type ? [fromPayload(one.arguments[0])] : [])),
    asked: (type) => funnel.everAsked(type).length,
    limits: (type) => limitsOf(oldest(type)),
    children: () => children.map(({ workflowId, input }) => ({ workflowId, input: input.map(fromPayload) })),
    attributes: () => attributes,
    memo: () => memo,
    settle(type, result) {
      const call = oldest(type);
      const outcome =
        'evaluation' in result
          ? answered(result.evaluation, true)
          : failed(result.failure, { retryAfter: result.retryAfter ?? null, evalId: result.evalId ?? null });
      if (outcome.kind === 'failed') resolve(call, outcome.failure);
      else if (outcome.kind === 'completed') resolve(call, null, outcome.value);
    },
    cancel() {
      act([cancelWorkflow]);
    },
    cancelWithNext() {
      cancelling = true;
    },
    settleNotice(result) {
      const details = { reason: 'Refused', status: 410, action: 'look at the receiver' };
      const info = { type: 'NoticeRefused', nonRetryable: true, details: { payloads: [toPayload(details)] } };
      const failure = { message: 'NoticeRefused', applicationFailureInfo: info };
      resolve(oldest('notify'), result === 'taken' ? null : failure, null);
    },
    fire(summary) {
      const [seq, timer] = [...timers].find(([, one]) => one.summary === summary) ?? [];
      if (seq === undefined || !timer)
        throw new Error(`no timer "${summary}" is running: ${JSON.stringify(funnel.timers())}`);
      timers.delete(seq);
      time = Math.max(time, timer.due - 1);
      act([{ variant: 'fireTimer', fireTimer: { seq } }]);
    },
    signal(name, input) {
      act([signalJob(name, [toPayload(input)])]);
      answerFirst();
    },
    update: (name, input) => funnel.updateTogether([name, input])[0],
    updateTogether(...together) {
      const jobs = together.map(([name, input]): Job => {
        updates += 1;
        const id = `update-${updates}`;
        const meta = { updateId: id, identity: '' };
        const about = { id, protocolInstanceId: id, name, headers: {}, meta, runValidator: true };
        return { variant: 'doUpdate', doUpdate: { ...about, input: [toPayload(input)] } };
      });
      const first = updates - together.length + 1;
      act(jobs);
      answerFirst();
      return together.map((_, index) => responses.get(`update-${first + index}`));
    },
    answers: () => [...responses.values()],
    traces: () => traces,
    suggestContinueAsNew() {
      suggesting = true;
    },
    hasContinued: () => continued !== undefined,
    passedOn: () => continued?.[1],
    continue() {
      if (!continued) throw new Error(`the run goes on: ${JSON.stringify(funnel.timers())}`);
      begin(continued, `run-${runs}`, false);
    },
    hasEnded: () => ended,
  };
  if ('carried' in opening) begin([{ applicationId }, opening.carried], 'run-before', suggested);
  else begin([opening.application], '', suggested);
  return funnel;
}

function limitsOf(activity: ScheduleActivity): Limits {
  const { scheduleToCloseTimeout, startToCloseTimeout, heartbeatTimeout, retryPolicy } = activity;
  return {
    scheduleToClose: milliseconds(scheduleToCloseTimeout),
    startToClose: milliseconds(startToCloseTimeout),
    heartbeat: milliseconds(heartbeatTimeout),
    attempts: retryPolicy?.maximumAttempts,
    firstRetry: milliseconds(retryPolicy?.initialInterval),
    longestRetry: milliseconds(retryPolicy?.maximumInterval),
    backoff: retryPolicy?.backoffCoefficient,
  };
}

function refusalIn({ applicationFailureInfo, message }: Failure): string {
  return `${applicationFailureInfo?.type ?? ''}: ${message ?? ''}`;
}

function summaryOf({ userMetadata }: Command): string {
  return userMetadata?.summary ? String(fromPayload(userMetadata.summary)) : '';
}

function cancelled(seq: number): Job {
  const failure: Failure = {
    message: 'Activity cancelled',
    activityFailureInfo: { activityType: { name: 'activity' }, activityId: String(seq) },
    cause: { message: 'cancelled', canceledFailureInfo: {} },
  };
  return { variant: 'resolveActivity', resolveActivity: { seq, result: { cancelled: { failure } } } };
}
