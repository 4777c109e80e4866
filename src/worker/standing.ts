import { setTimeout } from 'node:timers/promises';
import { type ConnectionLike, isGrpcServiceError } from '@temporalio/client';
import type { WorkerDeploymentVersion } from '@temporalio/common';
import type { Log } from '../contract/log-fields.ts';
import type { Gauge, Registry } from 'prom-client';
import { processMetrics } from '../contract/index.ts';
import { gaugeOf } from '../instruments.ts';

/**
 * How Temporal routes work to a version of the workers: `current` gets every funnel; `ramping` a share of them; `replaced`
 * was current, and another one is; `waiting` has never been current; `unknown` has not asked for work yet.
 */
const standings = ['current', 'ramping', 'replaced', 'waiting', 'unknown'] as const;
export type Standing = (typeof standings)[number];

export interface Routing {
  standing: Standing;
  /** The build id of the version that is current; `null`: none is, and unversioned workers get the work. */
  current: string | null;
  /** Of the work, while another version is ramping. */
  ramping: { buildId: string; percentage: number } | null;
}

/** Asks Temporal how it routes to this version. */
export async function routingOf(
  { workflowService }: Pick<ConnectionLike, 'workflowService'>,
  namespace: string,
  { deploymentName, buildId }: WorkerDeploymentVersion,
): Promise<Routing> {
  try {
    const { workerDeploymentInfo: info } = await workflowService.describeWorkerDeployment({
      namespace,
      deploymentName,
    });
    const { currentDeploymentVersion, rampingDeploymentVersion, rampingVersionPercentage } =
      info?.routingConfig ?? {};
    const current = currentDeploymentVersion?.buildId || null;
    const rampingId = rampingDeploymentVersion?.buildId;
    // A ramp that was taken back stays, with nothing.
    const ramping =
      rampingId && rampingVersionPercentage
        ? { buildId: rampingId, percentage: rampingVersionPercentage }
        : null;
    const own = info?.versionSummaries?.find(
      ({ deploymentVersion }) => deploymentVersion?.buildId === buildId,
    );
    // It drains once it is not current or ramping any more.
    const idle = own?.drainageStatus ? 'replaced' : 'waiting';
    const standing =
      current === buildId ? 'current' : ramping?.buildId === buildId ? 'ramping' : own ? idle : 'unknown';
    return { standing, current, ramping };
  } catch (error) {
    if (!isGrpcServiceError(error) || !notFound.includes(error.code)) throw error;
    return { standing: 'unknown', current: null, ramping: null };
  }
}

/** gRPC's NOT_FOUND. */
const notFound: readonly number[] = [5];

/** Without a sample while the worker has no version. */
export function standingGauge(registry: Registry): Gauge<'standing'> {
  return gaugeOf(processMetrics.workerVersion, registry);
}

interface Watch {
  version: WorkerDeploymentVersion;
  read: () => Promise<Routing>;
  gauge: Gauge<'standing'>;
  logger: Pick<Log, 'info' | 'warn'>;
  signal: AbortSignal;
  /** Milliseconds between two looks. */
  interval?: number;
}

/** Until `signal` aborts: shows how Temporal routes to this worker as a metric, and logs each change, loudly when it gets no work. */
export async function watchStanding({
  version,
  read,
  gauge,
  logger,
  signal,
  interval = 20_000,
}: Watch): Promise<void> {
  let last = '';
  while (!signal.aborted) {
    const routing = await read().catch(() => undefined);
    if (routing) {
      for (const standing of standings) gauge.set({ standing }, routing.standing === standing ? 1 : 0);
      const seen = JSON.stringify(routing);
      if (seen !== last) report(routing, version, logger);
      last = seen;
    }
    // A worker that has just started is known to Temporal within a second or two.
    const wait = routing?.standing === 'unknown' || !routing ? Math.min(interval, 1000) : interval;
    await setTimeout(wait, undefined, { signal }).catch(() => undefined);
  }
}

function report(
  { standing, current }: Routing,
  version: WorkerDeploymentVersion,
  logger: Watch['logger'],
): void {
  const facts = { deployment: version.deploymentName, standing, current };
  const command = `temporal worker deployment set-current-version --deployment-name ${version.deploymentName} --build-id ${version.buildId}`;
  switch (standing) {
    case 'unknown':
      return;
    case 'current':
      return logger.info(facts, 'the version of this worker is current: it gets every funnel');
    case 'ramping':
      return logger.info(facts, 'the version of this worker is ramping: it gets a share of the funnels');
    case 'replaced':
      return logger.warn(
        facts,
        'the version of this worker is not current any more: it gets no funnels, and can be stopped',
      );
    case 'waiting':
      return logger.warn(
        facts,
        `the version of this worker is not current: it gets no funnels until somebody runs "${command}"`,
      );
  }
}
