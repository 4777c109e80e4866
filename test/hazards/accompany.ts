import { setTimeout as wait } from 'node:timers/promises';
import { request } from 'undici';
import { type Funnel, FunnelError, type FunnelStatus } from '../../src/client/index.ts';
import { hazardApplication, type HazardScenario } from './scenarios.ts';
import type { Stage } from './stage.ts';

/** One candidate on the way, and what became of it. */
export interface Journey {
  applicationId: string;
  scenario: HazardScenario;
  status: FunnelStatus | undefined;
  /** When it arrived, in milliseconds since 1970. */
  arrivedAt: number;
  /** Answers of the client other than a status or `Unreachable`. */
  surprises: string[];
}

/** Does what HR and the reviewer do, as often as an outage makes it necessary, until the funnel has arrived. */
export async function accompany(
  stage: Stage,
  scenario: HazardScenario,
  suffix: string,
  signal: AbortSignal,
): Promise<Journey> {
  const application = hazardApplication(scenario, suffix);
  const { applicationId } = application;
  const journey: Journey = { applicationId, scenario, status: undefined, arrivedAt: 0, surprises: [] };
  const decided = new Set<string>();
  let funnel: Funnel | undefined;
  while (!signal.aborted) {
    try {
      funnel ??= await startOnce(stage, application);
      journey.status = await funnel.status();
      if (await act(stage, funnel, journey, decided)) break;
    } catch (error) {
      // What was asked for may have been done all the same, so the status is looked at before it is repeated.
      if (!isUnreachable(error)) journey.surprises.push(String(error));
    }
    await wait(400);
  }
  journey.arrivedAt = Date.now();
  return journey;
}

async function startOnce(stage: Stage, application: ReturnType<typeof hazardApplication>): Promise<Funnel> {
  try {
    return await stage.funnels.startFunnel(application);
  } catch (error) {
    if (!(error instanceof FunnelError && error.type === 'AlreadyOpen')) throw error;
    return stage.funnels.funnel(application.applicationId);
  }
}

/** `true` when the funnel has arrived. */
async function act(stage: Stage, funnel: Funnel, journey: Journey, decided: Set<string>): Promise<boolean> {
  const { scenario, status } = journey;
  if (!status) return false;
  const { hr, reviewer } = scenario;
  if (status.nextAction.kind === 'request_documents') await funnel.requestDocuments();
  if (hr === 'withdraw' && status.nextAction.kind === 'show_capture_link') await funnel.withdraw();
  if (status.stage === 'review' && reviewer) {
    const evalId = status.verdicts.at(-1)?.evalId;
    if (evalId !== undefined && !decided.has(evalId) && (await decide(stage, evalId, reviewer)))
      decided.add(evalId);
  }
  const selfie = status.verdicts.some((verdict) => verdict.stage === 'selfie_reverification');
  if (status.stage === 'verified' && hr === 'reverify' && !selfie) {
    await funnel.requestReverification({ reason: 'first_day' });
    return false;
  }
  if (status.stage === 'needs_attention') return true;
  return status.stage === 'verified' || status.stage === 'closed';
}

/** A reviewer decides in RiskOS; false when it is away. */
async function decide(stage: Stage, evalId: string, decision: string): Promise<boolean> {
  try {
    const answer = await request(`${stage.emulatorUrl}/admin/evaluations/${evalId}/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ event: 'decision_update', decision }),
    });
    await answer.body.dump();
    return answer.statusCode < 300;
  } catch {
    return false;
  }
}

function isUnreachable(error: unknown): boolean {
  return error instanceof FunnelError && error.type === 'Unreachable';
}
