import { setTimeout } from 'node:timers/promises';
import { type Client, QueryNotRegisteredError } from '@temporalio/client';
import {
  aboutToMove,
  checkInput,
  describeIssues,
  type Status,
  type TimelineEntry,
  timelineQuery,
  type UpdateInput,
  type UpdateName,
  updates,
  workflowIdOf,
} from '../contract/index.ts';
import {
  endedInTemporal,
  explain,
  explainResult,
  forgotten,
  type ForgottenBy,
  FunnelError,
  isNotFound,
} from './errors.ts';
import { latestImages } from './images.ts';
import { describeExecution, earlierRun, type Execution, isEnding } from './execution.ts';
import { readMemo } from './memo.ts';
import { type FunnelStatus, statusOfMemo } from './published.ts';
import { isUnreadable, storedInClear, unreadableAnswer } from './unreadable.ts';

/** One candidate's funnel, seen from HR. Every method rejects with a {@link FunnelError}, or an error of the payload codec. */
export interface Funnel {
  applicationId: string;
  /** Read from Temporal, without asking a worker. `UnreadableStatus`: a newer release wrote it. */
  status(): Promise<FunnelStatus>;
  /** What HR has to do now. */
  nextAction(): Promise<FunnelStatus['nextAction']>;
  /** What happened so far, for people. */
  timeline(): Promise<TimelineEntry[]>;
  /**
   * Resolves with the last status when the funnel has closed; that can take years. Rejects with `EndedInTemporal` when
   * somebody else ended the workflow.
   */
  result(): Promise<Status>;
  /**
   * The status now, and then each time it changes, until the funnel has closed or its workflow was ended. Asks every
   * `interval` milliseconds. Rejects with `Unreachable` if Temporal does not answer at first; after the first status it goes on
   * asking, and calls `onOutage` once for each outage.
   */
  watch(options?: WatchOptions): AsyncIterable<FunnelStatus>;
  requestDocuments(message?: UpdateInput<'requestDocuments'>): Promise<FunnelStatus>;
  requestReverification(message?: UpdateInput<'requestReverification'>): Promise<FunnelStatus>;
  requestPayrollSetup(message?: UpdateInput<'requestPayrollSetup'>): Promise<FunnelStatus>;
  submitOneTimeCode(message: UpdateInput<'submitOneTimeCode'>): Promise<FunnelStatus>;
  resendOneTimeCode(message?: UpdateInput<'resendOneTimeCode'>): Promise<FunnelStatus>;
  provideInformation(message: UpdateInput<'provideInformation'>): Promise<FunnelStatus>;
  review(message: UpdateInput<'review'>): Promise<FunnelStatus>;
  /** Reads RiskOS now, for an operator who believes that a webhook was lost; resolves when it has been read. */
  readNow(message?: UpdateInput<'readNow'>): Promise<FunnelStatus>;
  correct(message: UpdateInput<'correct'>): Promise<FunnelStatus>;
  retry(message?: UpdateInput<'retry'>): Promise<FunnelStatus>;
  withdraw(message?: UpdateInput<'withdraw'>): Promise<FunnelStatus>;
  complete(message?: UpdateInput<'complete'>): Promise<FunnelStatus>;
}

interface WatchOptions {
  interval?: number;
  signal?: AbortSignal;
  onOutage?: (error: FunnelError) => void;
}

/** `undefined` for an application that was not forgotten. */
export type FindForgotten = (applicationId: string) => Promise<ForgottenBy | undefined>;

interface FunnelOptions {
  /** Milliseconds. */
  deadline: number;
  /** 1 is the funnel before the latest one of the same application, 2 the one before that; 0 the latest. */
  earlier: number;
  findForgotten: FindForgotten;
  /** False: personal data would be stored in clear, and is not sent. */
  maySend: boolean;
}

/** Updates that carry data of the candidate. */
const personal: readonly UpdateName[] = ['correct', 'provideInformation', 'submitOneTimeCode'];

export function funnelOf(
  client: Client,
  applicationId: string,
  { deadline, earlier, findForgotten, maySend }: FunnelOptions,
): Funnel {
  const workflowId = workflowIdOf(applicationId);

  const ask = async <Answer>(call: () => Promise<Answer>): Promise<Answer> => {
    try {
      return await client.connection.withDeadline(Date.now() + deadline, call);
    } catch (error) {
      const explained = explain(error, applicationId, client);
      const isUnknown = explained instanceof FunnelError && explained.type === 'NotFound';
      const of = isUnknown ? await findForgotten(applicationId) : undefined;
      throw of ? forgotten(applicationId, of, error) : explained;
    }
  };

  const runIdOf = async (): Promise<string | undefined> => {
    if (earlier === 0) return undefined;
    const runId = await earlierRun(client, workflowId, earlier);
    if (runId !== undefined) return runId;
    const message = `${applicationId}: Temporal keeps no ${earlier === 1 ? 'earlier funnel' : `${earlier} earlier funnels`} of this application`;
    throw new FunnelError('NotFound', message);
  };

  /** A workflow that failed at once, because of its start argument, was never a funnel: its failure says why. */
  const standing = async (runId: string | undefined): Promise<Execution> => {
    const execution = await describeExecution(client, workflowId, runId);
    if (execution.state !== 'failed') return execution;
    const failure = await client.workflow.result(workflowId, execution.runId).catch(explainedResult);
    if (failure instanceof FunnelError && failuresOfStart.includes(failure.type)) throw failure;
    return execution;
  };
  const explainedResult = (error: unknown) => explainResult(error, applicationId, client);

  /** Needs a worker that can replay the workflow. */
  const timeline = (): Promise<TimelineEntry[]> =>
    ask(async () => {
      const runId = await runIdOf();
      const { state } = await standing(runId);
      const handle = client.workflow.getHandle(workflowId, runId);
      try {
        const lines = await queried(() => handle.query<TimelineEntry[]>(timelineQuery));
        if (isUnreadable(lines)) throw unreadableAnswer(applicationId, 'timeline');
        return lines;
      } catch (error) {
        if (error instanceof FunnelError) throw error;
        // The workflow ended before it could answer, or its worker is gone.
        if (isEnding(state)) throw endedInTemporal(applicationId, state, error);
        throw error;
      }
    });

  const status = (): Promise<FunnelStatus> =>
    ask(async () => {
      const execution = await standing(await runIdOf());
      const published = statusOfMemo(
        applicationId,
        await readMemo(client, workflowId, execution.memo),
        execution.begun,
      );
      return withImages(client, withEnding(published, execution), execution);
    });

  const update = async <Name extends UpdateName>(
    name: Name,
    message: UpdateInput<Name>,
  ): Promise<FunnelStatus> => {
    const checked = checkInput(updates[name].schema, message);
    if (!checked.success) {
      throw new FunnelError('InvalidMessage', `${applicationId}: ${describeIssues(checked.error)}`);
    }
    if (!maySend && personal.includes(name)) throw storedInClear(applicationId);
    return ask(async () => {
      const runId = await runIdOf();
      try {
        const handle = client.workflow.getHandle(workflowId, runId);
        const answer = await handle.executeUpdate<Status, [unknown]>(name, { args: [message] });
        // The update was carried out; only its answer could not be decrypted here.
        return isUnreadable(answer) ? await status() : answer;
      } catch (error) {
        if (!isNotFound(error)) throw error;
        const { state } = await standing(runId);
        throw isEnding(state) ? endedInTemporal(applicationId, state, error) : closed(applicationId, name);
      }
    });
  };

  return {
    applicationId,
    status,
    nextAction: async () => (await status()).nextAction,
    timeline,
    result: async () => {
      try {
        const result = await client.workflow.result<() => Promise<Status>>(workflowId, await runIdOf());
        if (isUnreadable(result)) throw unreadableAnswer(applicationId, 'result');
        return result;
      } catch (error) {
        throw explainedResult(error);
      }
    },
    watch: (options = {}) => watch(status, options),
    requestDocuments: (message = {}) => update('requestDocuments', message),
    requestReverification: (message = {}) => update('requestReverification', message),
    requestPayrollSetup: (message = {}) => update('requestPayrollSetup', message),
    submitOneTimeCode: (message) => update('submitOneTimeCode', message),
    resendOneTimeCode: (message = {}) => update('resendOneTimeCode', message),
    provideInformation: (message) => update('provideInformation', message),
    review: (message) => update('review', message),
    readNow: (message = {}) => update('readNow', message),
    correct: (message) => update('correct', message),
    retry: (message = {}) => update('retry', message),
    withdraw: (message = {}) => update('withdraw', message),
    complete: (message = {}) => update('complete', message),
  };
}

const failuresOfStart: readonly FunnelError['type'][] = ['InvalidApplication', 'Forgotten'];

async function queried<Answer>(read: () => Promise<Answer>): Promise<Answer> {
  for (;;) {
    try {
      return await read();
    } catch (error) {
      if (!(error instanceof QueryNotRegisteredError) || error.message !== aboutToMove) throw error;
      await setTimeout(50);
    }
  }
}

/** The last published status may still wait for somebody; a workflow that was ended waits for nobody. */
function withEnding(status: FunnelStatus, { state, endedAt }: Execution): FunnelStatus {
  if (!isEnding(state)) return status;
  return {
    ...status,
    waitingFor: 'nothing',
    deadline: null,
    escalation: null,
    nextAction: { kind: 'none' },
    trouble: null,
    ended: { how: state, at: endedAt },
  };
}

/** Reads the latest results of images, which a closed funnel no longer receives. */
async function withImages(client: Client, status: FunnelStatus, { state }: Execution): Promise<FunnelStatus> {
  if (state === 'running' || status.images.every(({ result }) => result !== 'pending')) return status;
  const images = await Promise.all(
    status.images.map(async (record) =>
      record.result === 'pending' ? latestImages(client, record) : record,
    ),
  );
  return { ...status, images };
}

function closed(applicationId: string, name: UpdateName): FunnelError {
  return new FunnelError(
    'WrongStage',
    `${applicationId}: the funnel is closed; ${name} is not possible any more`,
  );
}

/** A restarting Temporal or a short outage does not end the watch; a wrong address does, because it never answers. */
async function* watch(
  status: () => Promise<FunnelStatus>,
  { interval = 1000, signal, onOutage }: WatchOptions,
): AsyncIterable<FunnelStatus> {
  let last: string | undefined;
  let isOut = false;
  for (;;) {
    if (signal?.aborted) return;
    const now = await status().catch((error: unknown) => {
      if (last === undefined || !isOutage(error)) throw error;
      if (!isOut) onOutage?.(error);
      return undefined;
    });
    isOut = now === undefined;
    const text = JSON.stringify(now);
    if (now && text !== last) yield now;
    if (now) last = text;
    if (now?.stage === 'closed' || now?.ended) return;
    await setTimeout(interval, undefined, { signal }).catch(() => undefined);
  }
}

function isOutage(error: unknown): error is FunnelError {
  return error instanceof FunnelError && error.type === 'Unreachable';
}
