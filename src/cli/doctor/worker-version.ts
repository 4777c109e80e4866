import type { Client } from '@temporalio/client';
import { readSettings, versionSettings } from '../../config.ts';
import { routingOf, type Routing } from '../../worker/standing.ts';
import { workerVersion } from '../worker-version.ts';
import { type Finding, fault, ok, skipped } from './finding.ts';

const about = 'worker version';

/** Whether Temporal gives work to the version of these settings, as `docs/upgrading.md` has it. */
export async function version({ connection, options }: Client): Promise<Finding> {
  const settings = readSettings(versionSettings);
  if (!settings.WORKER_DEPLOYMENT_NAME)
    return skipped(
      about,
      'not set up here: WORKER_DEPLOYMENT_NAME not set, so workers without a version get the work',
    );
  const own = workerVersion(settings);
  if (!own)
    return fault(
      about,
      'this build was made without git, and WORKER_BUILD_ID is not set',
      'set WORKER_BUILD_ID to the id of this release',
    );
  const routing = await routingOf(connection, options.namespace, own);
  return findings[routing.standing](own.buildId, routing);
}

const makeCurrent = (buildId: string) =>
  `temporal worker deployment set-current-version --deployment-name "$WORKER_DEPLOYMENT_NAME" --build-id ${buildId}`;

const findings: Record<Routing['standing'], (buildId: string, routing: Routing) => Finding> = {
  current: (buildId) => ok(about, `${buildId} is current, and gets every funnel`),
  ramping: (buildId, { ramping }) =>
    ok(about, `${buildId} is ramping, with ${ramping?.percentage ?? 0} percent of the funnels`),
  waiting: (buildId, routing) =>
    fault(
      about,
      `${buildId} gets no funnels: ${currentOf(routing)}`,
      `to give it the funnels, run: ${makeCurrent(buildId)}`,
    ),
  replaced: (buildId, routing) =>
    fault(
      about,
      `${buildId} gets no funnels any more: ${currentOf(routing)}`,
      `stop its workers; or, to roll back to it, run: ${makeCurrent(buildId)}`,
    ),
  unknown: (buildId, routing) =>
    fault(
      about,
      `no worker of ${buildId} has asked for work: ${currentOf(routing)}`,
      `start "candidate-funnel worker" with these settings, then run: ${makeCurrent(buildId)}`,
    ),
};

function currentOf({ current }: Routing): string {
  return current === null
    ? 'no version is current, and workers without a version get the work'
    : `${current} is current`;
}
