import {
  Client,
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdConflictPolicy,
  WorkflowIdReusePolicy,
} from '@temporalio/client';
import {
  type ApplicationInput,
  clearPayload,
  defaultTaskQueue,
  firstFields,
  memoFields,
  statusPayload,
  workflowIdOf,
  workflowType,
} from '../contract/index.ts';
import { checkApplication } from './check-application.ts';
import { explain, FunnelError } from './errors.ts';
import { describeExecution, type Execution } from './execution.ts';
import { type FindForgotten, type Funnel, funnelOf } from './funnel.ts';
import { type EvaluationImages, imagesOf, listImages, type RetentionStatus } from './images.ts';
import { type FunnelFilter, type FunnelSummary, listFunnels } from './list.ts';
import { attentionOf, type RetryAllOptions, retryEach, type RetryResult } from './retry-all.ts';
import { remoteCodec, remoteTombstones } from './remote-codec.ts';
import { codecServer } from './settings.ts';
import { temporalClient } from './temporal.ts';
import { storedInClear, toleratingEncrypted } from './unreadable.ts';

/** What an HR system needs of Temporal to run funnels. */
export interface FunnelClient {
  /**
   * Starts the funnel of an application. While Temporal still keeps a closed funnel of the same application, that needs
   * `again: true`, which waits up to 75 seconds for a funnel that has just closed and is still waiting for its images.
   * {@link FunnelError}: `InvalidApplication`, `AlreadyOpen`, `AlreadyClosed`, `Forgotten`, `Unreachable`.
   */
  startFunnel(application: ApplicationInput, options?: { again?: boolean }): Promise<Funnel>;
  /**
   * The funnel of an application, without asking whether there is one. `earlier`: 1 is the one before the latest funnel of
   * this application, as long as Temporal keeps it.
   */
  funnel(applicationId: string, options?: { earlier?: number }): Funnel;
  list(filter?: FunnelFilter): Promise<FunnelSummary[]>;
  /**
   * Sends `retry` to each funnel that stopped for the same reason, and yields their results in the order of `list`. Safe to
   * repeat: a funnel that has gone on since is left alone. The list is read once, at the beginning.
   */
  retryAll(options: RetryAllOptions): AsyncIterable<RetryResult>;
  /** The images of one evaluation, whatever its funnel does; without asking whether there are any. */
  images(evaluationId: string): EvaluationImages;
  /**
   * How each retention workflow of an application stands, or of all applications; can lag by a second. Includes ended workflows
   * as long as Temporal keeps them.
   */
  listImages(applicationId?: string): Promise<RetentionStatus[]>;
  close(): Promise<void>;
}

interface FunnelClientOptions {
  /**
   * Without one, a client is made from Temporal's settings, with the codec server that CODEC_URL and CODEC_TOKEN name.
   */
  temporal?: Client;
  taskQueue?: string;
  /** How long a call may take, in milliseconds, before it rejects as `Unreachable`; 10,000 when absent. */
  deadline?: number;
  /**
   * Asks the key store, such as `(id) => keys.tombstone(id)`, or the codec server, such as `remoteTombstones({ url, token })`, so
   * that a forgotten application is refused as `Forgotten` and not as `NotFound`.
   */
  findForgotten?: FindForgotten;
  /**
   * Whether a client without a codec may send personal data, which Temporal then stores in clear. `refused` rejects with a
   * `SettingsError`. Default: `allowed` for a `temporal` of your own; otherwise only if PAYLOAD_ENCRYPTION is `off`.
   */
  inClear?: 'allowed' | 'refused';
}

export function createFunnelClient(options: FunnelClientOptions = {}): FunnelClient {
  const { temporal: given, inClear, ...rest } = { ...ofSettings(options), ...options };
  const { taskQueue = defaultTaskQueue, deadline = 10_000 } = rest;
  const { findForgotten = () => Promise.resolve(undefined) } = rest;
  // Shows the workflow that the application's key exists; see workflows/key.ts.
  const encrypts = given.options.loadedDataConverter.payloadCodecs.length > 0;
  const maySend = encrypts || inClear === 'allowed';
  const temporal = toleratingEncrypted(given);
  const funnels: FunnelClient = {
    startFunnel: async (input, { again = false } = {}) => {
      const checked = checkApplication(input);
      const { applicationId } = checked;
      if (!maySend) throw storedInClear(applicationId);
      const first = firstFields(applicationId, checked.baseline !== undefined);
      const start = async (reuse: Reuse) => {
        await temporal.workflow.start(workflowType, {
          taskQueue,
          workflowId: workflowIdOf(applicationId),
          workflowIdConflictPolicy: WorkflowIdConflictPolicy.FAIL,
          workflowIdReusePolicy: reuse,
          args: [checked],
          memo: {
            [memoFields.status]: clearPayload(first.status),
            ...(encrypts ? { [memoFields.private]: statusPayload(first.private) } : {}),
          },
          staticSummary: `Candidate funnel of application ${applicationId}`,
        });
      };
      const funnel = funnelOf(temporal, applicationId, { deadline, earlier: 0, findForgotten, maySend });
      const inTime = (call: () => Promise<void>) =>
        temporal.connection.withDeadline(Date.now() + deadline, call);
      try {
        await inTime(() =>
          again ? startAgain(temporal, funnel, start, inTime) : startOnce(temporal, funnel, start),
        );
      } catch (error) {
        throw explain(error, applicationId, temporal);
      }
      return funnel;
    },
    funnel: (applicationId, { earlier = 0 } = {}) =>
      funnelOf(temporal, applicationId, { deadline, earlier, findForgotten, maySend }),
    list: async (filter = {}) => {
      try {
        return await temporal.connection.withDeadline(Date.now() + deadline, () =>
          listFunnels(temporal, filter),
        );
      } catch (error) {
        throw explain(error, 'list', temporal);
      }
    },
    retryAll: ({ attention, by, limit = Infinity, ...pace }) =>
      retryEach(
        {
          list: async () =>
            (await funnels.list({ attention, limit })).map(({ applicationId }) => applicationId),
          attention: (applicationId) => attentionOf(temporal, applicationId, deadline),
          retry: (applicationId) => funnels.funnel(applicationId).retry(by === undefined ? {} : { by }),
        },
        attention,
        pace,
      ),
    images: (evaluationId) => imagesOf(temporal, evaluationId, deadline),
    listImages: async (applicationId) => {
      try {
        return await temporal.connection.withDeadline(Date.now() + deadline, () =>
          listImages(temporal, applicationId),
        );
      } catch (error) {
        throw explain(error, applicationId ?? 'images', temporal);
      }
    },
    close: () => temporal.connection.close(),
  };
  return funnels;
}

function ofSettings({
  temporal,
}: FunnelClientOptions): Required<Pick<FunnelClientOptions, 'temporal' | 'inClear'>> &
  Pick<FunnelClientOptions, 'findForgotten'> {
  if (temporal) return { temporal, inClear: 'allowed' };
  const server = codecServer();
  const inClear = process.env['PAYLOAD_ENCRYPTION'] === 'off' ? 'allowed' : 'refused';
  const plain = temporalClient();
  if (!server) return { temporal: plain, inClear };
  const { connection, options } = plain;
  const dataConverter = { payloadCodecs: [remoteCodec(server)] };
  return {
    temporal: new Client({ connection, namespace: options.namespace, dataConverter }),
    inClear,
    findForgotten: remoteTombstones(server),
  };
}

type Reuse = (typeof WorkflowIdReusePolicy)[keyof typeof WorkflowIdReusePolicy];

/** One funnel for each application; a second one needs `again: true`. */
async function startOnce(
  temporal: Client,
  funnel: Funnel,
  start: (reuse: Reuse) => Promise<void>,
): Promise<void> {
  try {
    await start(WorkflowIdReusePolicy.REJECT_DUPLICATE);
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const { state, stage } = await describeExecution(temporal, workflowIdOf(funnel.applicationId));
    if (state === 'running' && stage !== 'closed') throw alreadyOpen(funnel, error);
    if (state !== 'failed' || !(await wasRefused(funnel))) throw alreadyClosed(funnel, error);
    await start(WorkflowIdReusePolicy.ALLOW_DUPLICATE_FAILED_ONLY).catch((second: unknown) => {
      throw second instanceof WorkflowExecutionAlreadyStartedError ? alreadyOpen(funnel, second) : second;
    });
  }
}

/** Waits for a closed funnel that is still tidying up, and then has the time of a call of its own. */
async function startAgain(
  temporal: Client,
  funnel: Funnel,
  start: (reuse: Reuse) => Promise<void>,
  inTime: (call: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const workflowId = workflowIdOf(funnel.applicationId);
  try {
    await start(WorkflowIdReusePolicy.ALLOW_DUPLICATE);
  } catch (error) {
    if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    const execution = await describeExecution(temporal, workflowId);
    if (execution.state === 'running' && !isTidyingUp(execution)) throw alreadyOpen(funnel, error);
    await temporal.connection
      .withDeadline(Date.now() + longestTidyUp, () => temporal.workflow.result(workflowId, execution.runId))
      .catch(() => undefined);
    await inTime(async () => {
      try {
        await start(WorkflowIdReusePolicy.ALLOW_DUPLICATE);
      } catch (second) {
        if (!(second instanceof WorkflowExecutionAlreadyStartedError)) throw second;
        const now = await describeExecution(temporal, workflowId);
        throw isTidyingUp(now) ? stillTidyingUp(funnel, second) : alreadyOpen(funnel, second);
      }
    });
  }
}

/**
 * Milliseconds. In `tidyUp` of workflows/candidate-funnel.ts a closed funnel waits a minute for the results of images and five seconds
 * for notices; the rest is for the workers.
 */
const longestTidyUp = 75_000;

function isTidyingUp({ state, stage }: Execution): boolean {
  return state === 'running' && stage === 'closed';
}

/** A workflow that refused its start argument never was a funnel. */
async function wasRefused(funnel: Funnel): Promise<boolean> {
  return funnel.status().then(
    () => false,
    (error: unknown) => {
      if (!(error instanceof FunnelError)) return false;
      if (error.type === 'Forgotten') throw error;
      return error.type === 'InvalidApplication';
    },
  );
}

function alreadyOpen({ applicationId }: Funnel, cause: unknown): FunnelError {
  const message = `${applicationId}: a funnel of this application is open; look at it with "status", or withdraw it first`;
  return new FunnelError('AlreadyOpen', message, { cause });
}

function stillTidyingUp({ applicationId }: Funnel, cause: unknown): FunnelError {
  const message = `${applicationId}: the funnel of this application has closed, and is still waiting for a worker to finish its images and notices; start it again in a minute`;
  return new FunnelError('AlreadyOpen', message, { cause });
}

function alreadyClosed({ applicationId }: Funnel, cause: unknown): FunnelError {
  const message = `${applicationId}: a funnel of this application has ended already, and "status" shows how; to start another one all the same, add { again: true }`;
  return new FunnelError('AlreadyClosed', message, { cause });
}
