import type { DataConverter, WorkerDeploymentVersion } from '@temporalio/common';
import {
  type ActivityInterceptorsFactory,
  NativeConnection,
  Runtime,
  Worker,
  type WorkerOptions,
} from '@temporalio/worker';
import { loadClientConnectConfig } from '@temporalio/envconfig';
import { createEvaluationActivities } from '../../activities/evaluations.ts';
import { createImageActivities } from '../../activities/images.ts';
import { createKeyActivities, type KeyMaker } from '../../activities/keys.ts';
import { createNotificationActivities } from '../../activities/notifications.ts';
import { type Archive, createBudget } from '../archive/index.ts';
import {
  activityBounds,
  defaultTaskQueue,
  imagesTaskQueue,
  milliseconds,
  riskosTaskQueue,
} from '../contract/index.ts';
import type { Notifier } from '../notifier/index.ts';
import type { RiskosClient } from '../riskos/index.ts';
import { bundlePath, encryptedBundlePath } from './bundle-path.ts';
import { checkSearchAttributes } from './search-attributes.ts';
import { type Routing, routingOf } from './standing.ts';
import { temporalProxy } from './temporal-proxy.ts';

export interface WorkerParts {
  riskos: RiskosClient;
  archive: Archive;
  /** Bytes of all ZIPs that this process may hold at once; at least as many as one may have. */
  imageMemory?: number;
  /** Sends notices to HR; absent: none are sent. */
  notifier?: Notifier | undefined;
  /** Encrypts what Temporal stores, with the codec and the failure converter of src/codec; absent: nothing is encrypted. */
  encryption?: { dataConverter: DataConverter; keys: KeyMaker } | undefined;
  /** Requests a second to RiskOS that the whole fleet may send. */
  requestsPerSecond: number;
  /** The funnel's task queue; those of the RiskOS calls and the images are named after it. */
  taskQueue?: string;
  /** Instead of `TEMPORAL_ADDRESS`. */
  address?: string;
  /** Sees every attempt of an activity. */
  interceptor?: ActivityInterceptorsFactory;
  /** The version that gets work once it is current; absent: the workers have none, and take any work. */
  version?: WorkerDeploymentVersion | undefined;
  /** Instead of the built workflows: a file of another release's. */
  workflowBundle?: string;
  /** Threads that run workflows; each loads the bundle. */
  workflowThreads?: number;
}

export interface FunnelWorkers {
  /** Resolves after a shutdown; rejects when a worker fails. */
  run(): Promise<void>;
  shutdown(): void;
  /** False once a poller has ended. */
  isPolling(): boolean;
  /** Rejects when Temporal does not answer. */
  reachTemporal(): Promise<boolean>;
  /** Asks Temporal how it routes to the version of these workers; absent without a version. */
  routing?: () => Promise<Routing>;
}

/**
 * Three workers in one process: the funnel's workflows, the RiskOS calls (their queue carries the fleet's rate limit)
 * and the images. Rejects with {@link SetupNeeded} on a namespace without the funnel's search attributes.
 */
export async function createWorkers(parts: WorkerParts): Promise<FunnelWorkers> {
  const { connectionOptions, namespace } = loadClientConnectConfig();
  const { version } = parts;
  const address = parts.address ?? connectionOptions.address ?? 'localhost:7233';
  const connection = await NativeConnection.connect({
    ...connectionOptions,
    ...temporalProxy(address),
    address,
  });
  try {
    const warning = await checkSearchAttributes(connection, namespace ?? 'default');
    if (warning !== undefined) Runtime.instance().logger.warn(warning, { sdkComponent: 'candidate-funnel' });
    const workers = await Promise.all(
      queuesOf(parts).map((queue) =>
        Worker.create({
          ...common,
          ...versioned(parts.version),
          ...queue,
          ...(parts.encryption ? { dataConverter: parts.encryption.dataConverter } : {}),
          ...(parts.interceptor ? { interceptors: { activity: [parts.interceptor] } } : {}),
          connection,
          ...(namespace === undefined ? {} : { namespace }),
        }),
      ),
    );
    const shutdown = () => {
      for (const worker of workers) if (worker.getState() === 'RUNNING') worker.shutdown();
    };
    return {
      run: async () => {
        // One that fails takes the others with it, so that nobody mistakes half a worker for a whole one.
        const ends = await Promise.allSettled(workers.map((worker) => worker.run().finally(shutdown)));
        await connection.close();
        for (const end of ends) if (end.status === 'rejected') throw end.reason;
      },
      shutdown,
      isPolling: () => workers.every(isPolling),
      reachTemporal: async () => {
        await connection.withDeadline(Date.now() + 3000, () => connection.workflowService.getSystemInfo({}));
        return true;
      },
      ...(version ? { routing: () => routingOf(connection, namespace ?? 'default', version) } : {}),
    };
  } catch (error) {
    // Refused while a worker that was created before the failure holds it; the cause is what counts.
    await connection.close().catch(() => undefined);
    throw error;
  }
}

/**
 * Every workflow goes on with the version that is current, with its next event: a funnel and its images live for months, and what is
 * pinned to a version stands still, without an error, once its last worker is gone.
 */
function versioned(version: WorkerDeploymentVersion | undefined): Partial<WorkerOptions> {
  if (!version) return {};
  return {
    workerDeploymentOptions: {
      version,
      useWorkerVersioning: true,
      defaultVersioningBehavior: 'AUTO_UPGRADE',
    },
  };
}

const longestCall = Math.max(...Object.values(activityBounds).map((bound) => milliseconds(bound)));

/**
 * Milliseconds that a worker which stops waits for activities: `grace` until it cancels them, `force` until it gives up. A call
 * of RiskOS is never cut off, so none is left unclear. The images' activities may take longer, and are repeated by another worker.
 */
export const shutdownTimes = { grace: longestCall + 5000, force: longestCall + 15_000 };

function isPolling(worker: Worker): boolean {
  const { runState, workflowPollerState, activityPollerState } = worker.getStatus();
  return runState === 'RUNNING' && ![workflowPollerState, activityPollerState].includes('FAILED');
}

const common = {
  // A killed worker otherwise costs each of its workflows ten seconds.
  stickyQueueScheduleToStartTimeout: '1s',
  shutdownGraceTime: shutdownTimes.grace,
  shutdownForceTime: shutdownTimes.force,
} satisfies Partial<WorkerOptions>;

function queuesOf({
  riskos,
  archive,
  imageMemory = 64 * 1024 ** 2,
  notifier,
  encryption,
  requestsPerSecond,
  taskQueue = defaultTaskQueue,
  workflowBundle = encryption ? encryptedBundlePath : bundlePath,
  // All funnels of a killed worker are replayed at once, which one thread cannot share with a second core.
  workflowThreads = 2,
}: WorkerParts): WorkerOptions[] {
  return [
    {
      taskQueue,
      workflowBundle: { codePath: workflowBundle },
      workflowThreadPoolSize: workflowThreads,
      activities: { ...createNotificationActivities(notifier), ...createKeyActivities(encryption?.keys) },
    },
    {
      taskQueue: riskosTaskQueue(taskQueue),
      activities: createEvaluationActivities(riskos, notifier !== undefined),
      maxTaskQueueActivitiesPerSecond: requestsPerSecond,
    },
    {
      taskQueue: imagesTaskQueue(taskQueue),
      activities: createImageActivities({
        riskos,
        archive,
        budget: createBudget(imageMemory),
        noticesConfigured: notifier !== undefined,
      }),
      // They wait for the budget, in turn; only their answers' heads are in memory meanwhile.
      maxConcurrentActivityTaskExecutions: 20,
    },
  ];
}
