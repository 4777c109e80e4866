import type { WorkerDeploymentVersion } from '@temporalio/common';
import type { z } from 'zod';
import { build } from '../build-info.ts';
import type { versionSettings } from '../config.ts';

/** The version that workers with these settings have; `undefined`: none. */
export function workerVersion({
  WORKER_DEPLOYMENT_NAME: deploymentName,
  WORKER_BUILD_ID: buildId = build.buildId ?? undefined,
}: z.output<typeof versionSettings>): WorkerDeploymentVersion | undefined {
  return deploymentName === undefined || buildId === undefined ? undefined : { deploymentName, buildId };
}
