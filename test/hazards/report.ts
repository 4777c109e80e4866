import type { Failure, SeedResult } from './run-seed.ts';

/** What all seeds together came to. */
export interface Totals {
  seeds: number;
  funnels: number;
  kills: Record<string, number>;
  deaths: number;
  faults: Record<string, number>;
  wrong: number;
  declaredDoubles: number;
  declaredDoubleSms: number;
  undeclaredDoubles: number;
  surprises: number;
  /** Seconds, all and the longest seed. */
  took: number;
  longest: number;
}

export function totalsOf(results: SeedResult[]): Totals {
  const sum = (number: (result: SeedResult) => number) =>
    results.reduce((before, result) => before + number(result), 0);
  return {
    seeds: results.length,
    funnels: sum(({ funnels }) => funnels),
    kills: added(results.map(({ kills }) => kills)),
    deaths: sum(({ deaths }) => deaths),
    faults: added(results.map(({ faults }) => faults)),
    wrong: sum(wrongOutcomes),
    declaredDoubles: sum(({ declared }) => declared.length),
    declaredDoubleSms: sum(({ declared }) => declared.filter(({ sms }) => sms > 1).length),
    undeclaredDoubles: sum(({ undeclared }) => undeclared.length),
    surprises: sum(({ surprises }) => surprises.length),
    took: Math.round(sum(({ took }) => took) / 100) / 10,
    longest: Math.max(0, ...results.map(({ took }) => Math.round(took / 100) / 10)),
  };
}

function wrongOutcomes({ failures }: SeedResult): number {
  return failures.filter(({ outcomeIsWrong }) => outcomeIsWrong).length;
}

function added(counts: Partial<Record<string, number>>[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const one of counts) {
    for (const [name, count] of Object.entries(one)) total[name] = (total[name] ?? 0) + (count ?? 0);
  }
  return total;
}

export function lineOf(result: SeedResult): string {
  const { seed, funnels, workers, kills, declared, undeclared, took, slowest } = result;
  return (
    `seed ${seed}: ${funnels} funnels, ${workers} worker(s), killed ${countsOf(kills)}; wrong ${wrongOutcomes(result)}, ` +
    `doubles ${declared.length} declared, ${undeclared.length} undeclared; ${(took / 1000).toFixed(1)} s, ` +
    `the last to arrive ${slowest.applicationId} after ${(slowest.after / 1000).toFixed(1)} s`
  );
}

export function linesOf(totals: Totals): string[] {
  return [
    `seeds              ${totals.seeds}`,
    `funnels            ${totals.funnels}`,
    `killed             ${countsOf(totals.kills)}`,
    `ended by itself    ${totals.deaths}`,
    `faults that struck ${countsOf(totals.faults)}`,
    `wrong outcomes     ${totals.wrong}`,
    `doubles declared   ${totals.declaredDoubles}, of which ${totals.declaredDoubleSms} with a second SMS`,
    `doubles undeclared ${totals.undeclaredDoubles}`,
    `strange answers    ${totals.surprises}`,
    `time               ${totals.took} s, the longest seed ${totals.longest} s`,
  ];
}

export function failureLines(seed: number, { scenario, applicationId, wrong, timeline }: Failure): string[] {
  return [
    `seed ${seed}, ${scenario} (${applicationId}):`,
    ...wrong.map((line) => `  ${line}`),
    ...timeline.map((line) => `    ${line}`),
    `  again: npm run test:hazards -- --seeds 1 --seed ${seed}`,
  ];
}

function countsOf(counts: Partial<Record<string, number>>): string {
  const told = Object.entries(counts).toSorted(([one], [other]) => one.localeCompare(other));
  return told.length === 0 ? 'nothing' : told.map(([name, count]) => `${name} ${count}`).join(', ');
}
