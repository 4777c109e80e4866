import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { accompany, type Journey } from './accompany.ts';
import { type Double, doublesOf } from './doubles.ts';
import { evidenceOf, type Evidence, faultsThatStruck, suffixOf, untilQuiet } from './evidence.ts';
import { historyOf } from './history.ts';
import { wrongWith } from './judge.ts';
import type { Plan, Victim } from './plan.ts';
import { hazardApplication } from './scenarios.ts';
import { openStage, type Stage, type StageTemporal } from './stage.ts';

/** A funnel that did not end as it should, with all that tells why. */
export interface Failure {
  scenario: string;
  applicationId: string;
  /** Whether it ended otherwise than without hazards; else something was created twice. */
  outcomeIsWrong: boolean;
  wrong: string[];
  timeline: string[];
}

export interface SeedResult {
  seed: number;
  funnels: number;
  workers: number;
  /** Milliseconds. */
  took: number;
  /** The funnel that arrived last, and after how many milliseconds. */
  slowest: { applicationId: string; after: number };
  /** Kills that struck a running process. */
  kills: Partial<Record<Victim, number>>;
  /** Processes that ended by themselves. */
  deaths: number;
  faults: Record<string, number>;
  declared: Double[];
  undeclared: Double[];
  surprises: string[];
  failures: Failure[];
}

/** How long a funnel may take to arrive, in milliseconds. */
const patience = 75_000;

/**
 * Runs one seed's funnels through its hazards, and judges what became of them. The histories of those that failed are
 * kept in the folder `keepIn`.
 */
export async function runSeed(plan: Plan, temporal: StageTemporal, keepIn?: string): Promise<SeedResult> {
  const { seed, workers, funnels } = plan;
  const begun = Date.now();
  const scenarios = Object.fromEntries(
    funnels.map(({ scenario, plays }) => [hazardApplication(scenario, suffixOf(seed)).applicationId, plays]),
  );
  const stage = await openStage({ temporal, workers, seed, scenarios });
  try {
    const signal = AbortSignal.timeout(patience);
    const killing = letMonkeyLoose(stage, plan);
    const journeys = await Promise.all(
      funnels.map(async ({ scenario, startAt }) => {
        await wait(startAt);
        return accompany(stage, scenario, suffixOf(seed), signal);
      }),
    );
    const kills = await killing;
    await untilQuiet(stage.stateFile, 3000);
    const evidence = await evidenceOf(stage.stateFile);
    const judged = await Promise.all(journeys.map((journey) => judge(stage, plan, journey, evidence, kills)));
    const failures = judged.flatMap(({ failure }) => failure ?? []);
    if (keepIn !== undefined) for (const failure of failures) await keepHistory(stage, failure, keepIn);
    const doubles = judged.flatMap((one) => one.doubles);
    return {
      seed,
      funnels: funnels.length,
      workers,
      took: Date.now() - begun,
      slowest: slowestOf(journeys, begun),
      kills: countOf(kills.map(({ victim }) => victim)),
      deaths: stage.deaths(),
      faults: Object.fromEntries(faultsThatStruck(evidence, plan)),
      declared: doubles.filter(({ declared }) => declared !== undefined),
      undeclared: doubles.filter(({ declared }) => declared === undefined),
      surprises: journeys.flatMap(({ surprises }) => surprises),
      failures,
    };
  } finally {
    await stage.close();
  }
}

/** As the Temporal UI exports it, for `temporal workflow show` and for a replay. */
async function keepHistory(stage: Stage, { applicationId }: Failure, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const history = await stage.temporal.workflow.getHandle(`funnel-${applicationId}`).fetchHistory();
  await writeFile(join(folder, `${applicationId}.json`), historyToJSON(history));
}

function slowestOf(journeys: Journey[], begun: number): SeedResult['slowest'] {
  const [last] = journeys.toSorted((one, other) => other.arrivedAt - one.arrivedAt);
  return { applicationId: last?.applicationId ?? '', after: (last?.arrivedAt ?? begun) - begun };
}

interface Killed {
  victim: Victim;
  /** Milliseconds since 1970. */
  at: number;
  downFor: number;
}

async function letMonkeyLoose(stage: Stage, { kills }: Plan): Promise<Killed[]> {
  const begun = Date.now();
  const killed: Killed[] = [];
  for (const kill of kills) {
    await wait(Math.max(0, begun + kill.at - Date.now()));
    const at = Date.now();
    if (await stage.kill(kill)) killed.push({ victim: kill.victim, at, downFor: kill.downFor });
  }
  return killed;
}

async function judge(
  stage: Stage,
  plan: Plan,
  journey: Journey,
  evidence: Evidence,
  kills: Killed[],
): Promise<{ doubles: Double[]; failure?: Failure }> {
  const { applicationId, scenario } = journey;
  const funnel = plan.funnels.find((planned) => planned.scenario === scenario);
  if (!funnel) throw new Error('a journey that nobody planned');
  // What came after it had arrived counts as well.
  const last = await stage.funnels
    .funnel(applicationId)
    .status()
    .catch(() => journey.status);
  const history = await historyOf(stage.temporal, `funnel-${applicationId}`);
  const wrong = [...wrongWith({ ...journey, status: last }, funnel), ...history.failures];
  const outcomeIsWrong = wrong.length > 0;
  const own = ownOf(evidence, applicationId);
  const doubles = doublesOf(own, history.posts);
  const undeclared = doubles.filter(({ declared }) => declared === undefined);
  wrong.push(...undeclared.map(({ evaluationId, why }) => `${evaluationId} was created twice: ${why}`));
  if (wrong.length === 0) return { doubles };
  const told = await stage.funnels
    .funnel(applicationId)
    .timeline()
    .catch(() => []);
  const timeline = [
    ...told.map(({ at, what }) => ({ at: Date.parse(at), what })),
    ...history.posts.map((post) => ({
      at: post.scheduledAt,
      what: `POST ${post.evaluationId}: ${post.end}`,
    })),
    ...own.ledger.evaluations.map(({ id, eval_id, at }) => ({
      at: Date.parse(at),
      what: `RiskOS created ${eval_id} for ${id}`,
    })),
    ...own.ledger.webhooks.map(({ event_type, eval_id, status, at }) => ({
      at: Date.parse(at),
      what: `webhook ${event_type} of ${eval_id}: ${status}`,
    })),
    ...kills.map(({ victim, at, downFor }) => ({ at, what: `SIGKILL ${victim}, away for ${downFor} ms` })),
    ...funnel.faults.map((name) => ({ at: 0, what: `fault: ${name}` })),
  ]
    .toSorted((one, other) => one.at - other.at)
    .map(({ at, what }) => (at === 0 ? what : `${new Date(at).toISOString().slice(11, 23)} ${what}`));
  return { doubles, failure: { scenario: scenario.name, applicationId, outcomeIsWrong, wrong, timeline } };
}

function ownOf(evidence: Evidence, applicationId: string): Evidence {
  const mine = ({ id }: { id: string }) => id.startsWith(`${applicationId}~`);
  const { evaluations, sms, webhooks } = evidence.ledger;
  return {
    ...evidence,
    ledger: { evaluations: evaluations.filter(mine), sms: sms.filter(mine), webhooks: webhooks.filter(mine) },
  };
}

function countOf<Name extends string>(names: Name[]): Partial<Record<Name, number>> {
  const counts: Partial<Record<Name, number>> = {};
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}
