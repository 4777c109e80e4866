import { isDeepStrictEqual } from 'node:util';
import type { Funnel, FunnelClient, FunnelStatus } from '../../client/index.ts';
import { applicationOf, type Expected, type Scenario } from './scenarios.ts';

/** How one candidate stands, as the table and the JSON line tell it. */
export interface Progress {
  scenario: Scenario;
  applicationId: string;
  status: FunnelStatus | undefined;
  /** `undefined` while it is under way. */
  asExpected: boolean | undefined;
  /** Why not, for people. */
  difference?: string;
}

/** Takes one named candidate through the funnel as HR would, and compares what came with what was expected. */
export async function play(
  funnels: FunnelClient,
  scenario: Scenario,
  suffix: string,
  options: { signal: AbortSignal; changed: (progress: Progress) => void },
): Promise<Progress> {
  const application = applicationOf(scenario.name, suffix, scenario.policy);
  const progress: Progress = {
    scenario,
    applicationId: application.applicationId,
    status: undefined,
    asExpected: undefined,
  };
  try {
    const funnel = await funnels.startFunnel(application);
    for await (const status of funnel.watch({ interval: 250, signal: options.signal })) {
      progress.status = status;
      options.changed(progress);
      if (await act(funnel, scenario, status)) break;
    }
    // A funnel that has closed waits a little for images that are on their way.
    if (progress.status?.stage === 'closed') progress.status = await funnel.result();
    progress.difference = differenceOf(scenario, progress.status);
  } catch (error) {
    progress.difference = error instanceof Error ? error.message : String(error);
  }
  progress.asExpected = progress.difference === undefined;
  options.changed(progress);
  return progress;
}

/** Does what HR would do now; `true` when there is nothing left to do. */
async function act(funnel: Funnel, { hr }: Scenario, status: FunnelStatus): Promise<boolean> {
  if (status.nextAction.kind === 'request_documents') await funnel.requestDocuments();
  if (hr === 'withdraw' && status.nextAction.kind === 'show_capture_link') {
    await funnel.withdraw({ reason: 'the position is filled' });
  }
  if (status.stage === 'needs_attention' || status.stage === 'closed') return true;
  if (status.stage !== 'verified') return false;
  if (hr === 'reverify' && !status.verdicts.some(({ stage }) => stage === 'selfie_reverification')) {
    await funnel.requestReverification({ reason: 'first_day' });
    return false;
  }
  return status.images.every(({ result }) => result !== 'pending');
}

/** The number of archived images, or the reason why there are none. */
export function imagesOf(status: FunnelStatus | undefined): number | string {
  const archived = status?.images.filter(({ result }) => result === 'archived') ?? [];
  if (archived.length > 0) return archived.reduce((sum, { count }) => sum + count, 0);
  return status?.images[0]?.result ?? 'none';
}

/** What came, in the shape of what was expected. */
export function cameOf(status: FunnelStatus): Expected {
  return {
    stage: status.stage,
    outcome: status.outcome,
    verdicts: status.verdicts.map(({ stage, attempt, verdict }) => [stage, attempt, verdict]),
    images: imagesOf(status),
  };
}

function differenceOf({ expected }: Scenario, status: FunnelStatus | undefined): string | undefined {
  if (!status) return 'it never started';
  if (status.attention) return status.attention.reason;
  return isDeepStrictEqual(expected, cameOf(status)) ? undefined : 'something else came';
}
