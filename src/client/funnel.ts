import { setTimeout } from 'node:timers/promises';
import {
  type Client,
  QueryNotRegisteredError,
  WorkflowFailedError,
  WorkflowNotFoundError,
} from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import {
  aboutToMove,
  describeIssues,
  type NextAction,
  type Status,
  statusQuery,
  type TimelineEntry,
  timelineQuery,
  type UpdateInput,
  type UpdateName,
  updates,
  workflowIdOf,
} from '../contract/index.ts';
import { explain, FunnelError } from './errors.ts';

/** One candidate's funnel, seen from HR. Every method rejects with a {@link FunnelError}. */
export interface Funnel {
  applicationId: string;
  status(): Promise<Status>;
  /** What HR has to do now. */
  nextAction(): Promise<NextAction>;
  /** What happened so far, for people. */
  timeline(): Promise<TimelineEntry[]>;
  /** Resolves with the last status when the funnel has closed; that can take years. */
  result(): Promise<Status>;
  /**
   * The status now, and then each time it changes, until the funnel has closed. Asks every `interval` milliseconds, and
   * goes on asking while Temporal or the worker is out of reach.
   */
  watch(options?: { interval?: number; signal?: AbortSignal }): AsyncIterable<Status>;
  requestDocuments(message?: UpdateInput<'requestDocuments'>): Promise<Status>;
  requestReverification(message?: UpdateInput<'requestReverification'>): Promise<Status>;
  requestPayrollSetup(message?: UpdateInput<'requestPayrollSetup'>): Promise<Status>;
  submitOneTimeCode(message: UpdateInput<'submitOneTimeCode'>): Promise<Status>;
  resendOneTimeCode(): Promise<Status>;
  provideInformation(message: UpdateInput<'provideInformation'>): Promise<Status>;
  review(message: UpdateInput<'review'>): Promise<Status>;
  /** Reads RiskOS now, for an operator who believes that a webhook was lost; resolves when it has been read. */
  readNow(message?: UpdateInput<'readNow'>): Promise<Status>;
  correct(message: UpdateInput<'correct'>): Promise<Status>;
  retry(): Promise<Status>;
  withdraw(message?: UpdateInput<'withdraw'>): Promise<Status>;
  complete(): Promise<Status>;
}

export function funnelOf(client: Client, applicationId: string, deadline: number): Funnel {
  const handle = client.workflow.getHandle(workflowIdOf(applicationId));

  const ask = async <Answer>(call: () => Promise<Answer>): Promise<Answer> => {
    try {
      return await client.connection.withDeadline(Date.now() + deadline, call);
    } catch (error) {
      if (error instanceof QueryNotRegisteredError) await neverWas();
      throw explain(error, applicationId);
    }
  };

  /** A workflow that failed at once, because of its start argument, has no handlers: its failure says why. */
  const neverWas = async (): Promise<void> => {
    const { status: execution } = await handle.describe();
    if (execution.name === 'FAILED')
      await client.workflow.result(handle.workflowId).catch((error: unknown) => {
        throw explainResult(error, applicationId);
      });
  };

  const query = <Answer>(name: string): Promise<Answer> =>
    ask(async () => {
      for (;;) {
        try {
          return await handle.query<Answer>(name);
        } catch (error) {
          if (!(error instanceof QueryNotRegisteredError) || error.message !== aboutToMove) throw error;
          await setTimeout(50);
        }
      }
    });

  const status = () => query<Status>(statusQuery);

  const update = async <Name extends UpdateName>(name: Name, message: UpdateInput<Name>): Promise<Status> => {
    const checked = updates[name].schema.safeParse(message);
    if (!checked.success) {
      throw new FunnelError('InvalidMessage', `${applicationId}: ${describeIssues(checked.error)}`);
    }
    return ask(async () => {
      try {
        return await handle.executeUpdate<Status, [unknown]>(name, { args: [message] });
      } catch (error) {
        if (error instanceof WorkflowNotFoundError)
          await handle.describe().then(() => closed(applicationId, name));
        throw error;
      }
    });
  };

  return {
    applicationId,
    status,
    nextAction: async () => (await status()).nextAction,
    timeline: () => query<TimelineEntry[]>(timelineQuery),
    result: async () => {
      try {
        return await client.workflow.result<() => Promise<Status>>(handle.workflowId);
      } catch (error) {
        throw explainResult(error, applicationId);
      }
    },
    watch: ({ interval = 1000, signal } = {}) => watch(status, interval, signal),
    requestDocuments: (message = {}) => update('requestDocuments', message),
    requestReverification: (message = {}) => update('requestReverification', message),
    requestPayrollSetup: (message = {}) => update('requestPayrollSetup', message),
    submitOneTimeCode: (message) => update('submitOneTimeCode', message),
    resendOneTimeCode: () => update('resendOneTimeCode', {}),
    provideInformation: (message) => update('provideInformation', message),
    review: (message) => update('review', message),
    readNow: (message = {}) => update('readNow', message),
    correct: (message) => update('correct', message),
    retry: () => update('retry', {}),
    withdraw: (message = {}) => update('withdraw', message),
    complete: () => update('complete', {}),
  };
}

function closed(applicationId: string, name: UpdateName): never {
  throw new FunnelError(
    'WrongStage',
    `${applicationId}: the funnel is closed; ${name} is not possible any more`,
  );
}

/** A funnel that never was one: its start argument was wrong. */
function explainResult(error: unknown, applicationId: string): unknown {
  if (error instanceof WorkflowFailedError && error.cause instanceof ApplicationFailure) {
    return new FunnelError('InvalidApplication', `${applicationId}: ${error.cause.message}`, {
      cause: error,
    });
  }
  return explain(error, applicationId);
}

async function* watch(
  status: () => Promise<Status>,
  interval: number,
  signal: AbortSignal | undefined,
): AsyncIterable<Status> {
  let last = '';
  for (;;) {
    if (signal?.aborted) return;
    const now = await status().catch(patient);
    const text = JSON.stringify(now);
    if (now && text !== last) yield now;
    if (now) last = text;
    if (now?.stage === 'closed') return;
    await setTimeout(interval, undefined, { signal }).catch(() => undefined);
  }
}

/** A worker that restarts or a short outage ends no watch. */
function patient(error: unknown): undefined {
  if (error instanceof FunnelError && error.type === 'Unreachable') return undefined;
  throw error;
}
