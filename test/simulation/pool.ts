import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** One seed that is wrong, and why. */
export interface WrongSeed {
  seed: number;
  reason: string;
  end: string;
}

export interface Totals {
  seeds: number;
  tasks: number;
  runs: number;
  posts: number;
  /** How many lives ended there. */
  ends: Record<string, number>;
}

/** A part of the seeds: `from`, and every `step`th after it. */
export interface Part {
  bundle: string;
  from: number;
  step: number;
  count: number;
}

export type FromChild =
  { kind: 'lived'; seeds: number } | { kind: 'wrong'; wrong: WrongSeed } | { kind: 'done'; totals: Totals };

/** What happens while the simulation runs: so many more seeds are done, or one of them is wrong. */
export interface Watcher {
  onLived?(seeds: number): void;
  onWrong(wrong: WrongSeed): void;
}

const child = fileURLToPath(new URL('child.ts', import.meta.url));

/** Simulates in several processes at once. Rejects if one of them ends before its part is done. */
export async function simulateAll(
  { bundle, from, seeds, processes }: { bundle: string; from: number; seeds: number; processes: number },
  watcher: Watcher,
): Promise<Totals> {
  const parts = Array.from({ length: Math.min(processes, seeds) }, (_, index) => ({
    bundle,
    from: from + index,
    step: processes,
    count: Math.ceil((seeds - index) / processes),
  }));
  return sum(await Promise.all(parts.map((part) => simulatePart(part, watcher))));
}

function simulatePart(part: Part, watcher: Watcher): Promise<Totals> {
  return new Promise((resolve, reject) => {
    let totals: Totals | undefined;
    const started = fork(child, [JSON.stringify(part)]);
    started.on('message', (message: FromChild) => {
      if (message.kind === 'lived') watcher.onLived?.(message.seeds);
      else if (message.kind === 'wrong') watcher.onWrong(message.wrong);
      else totals = message.totals;
    });
    started.on('exit', (code) => {
      if (totals) resolve(totals);
      else reject(new Error(`a process of the simulation ended with code ${code} before its part was done`));
    });
  });
}

function sum(parts: Totals[]): Totals {
  const all: Totals = { seeds: 0, tasks: 0, runs: 0, posts: 0, ends: {} };
  for (const { seeds, tasks, runs, posts, ends } of parts) {
    all.seeds += seeds;
    all.tasks += tasks;
    all.runs += runs;
    all.posts += posts;
    for (const [end, count] of Object.entries(ends)) all.ends[end] = (all.ends[end] ?? 0) + count;
  }
  return all;
}
