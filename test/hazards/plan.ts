import type { Scenario as Plays } from '../../src/emulator/index.ts';
import { troubled } from './faults.ts';
import { type Random, randomOf } from './random.ts';
import { type HazardScenario, hazardScenarios } from './scenarios.ts';

/** What the monkey kills. */
const victims = ['worker', 'relay', 'temporal', 'emulator'] as const;
export type Victim = (typeof victims)[number];

/** One SIGKILL; times in milliseconds, `at` since the first funnel was started. */
export interface Kill {
  at: number;
  victim: Victim;
  /** Which of several workers. */
  which: number;
  /** How long it stays away. */
  downFor: number;
}

export interface PlannedFunnel {
  scenario: HazardScenario;
  startAt: number;
  plays: Plays;
  faults: string[];
}

/** All that a seed decides. What the machine makes of it in time is not the seed's. */
export interface Plan {
  seed: number;
  workers: number;
  funnels: PlannedFunnel[];
  kills: Kill[];
}

/** `duration`: for how long the monkey is at work, in milliseconds. */
export function planOf(
  seed: number,
  {
    scenarios = hazardScenarios,
    duration = 8000,
  }: { scenarios?: readonly HazardScenario[]; duration?: number } = {},
): Plan {
  const funnels = scenarios.map((scenario) => {
    const random = randomOf(seed, 'funnel', scenario.name);
    const { plays, names } = troubled(scenario.plays, random);
    return { scenario, startAt: random.between(0, 2500), plays, faults: names };
  });
  const random = randomOf(seed, 'monkey');
  const workers = random.pick([1, 1, 2]);
  return { seed, workers, funnels, kills: killsOf(random, workers, duration) };
}

function killsOf(random: Random, workers: number, duration: number): Kill[] {
  const kills: Kill[] = [];
  for (let at = random.between(200, 1200); at < duration; at += random.between(400, 1500)) {
    kills.push({
      at,
      victim: random.pick(['worker', 'worker', 'relay', 'relay', 'temporal', 'emulator']),
      which: random.between(0, workers - 1),
      downFor: random.between(0, 1200),
    });
  }
  return kills;
}
