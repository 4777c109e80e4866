/** One figure against its target; times in milliseconds. */
export interface Measured {
  what: string;
  times: number[];
  /** Absent for a figure that is for information. */
  target?: number;
}

export function median(times: number[]): number {
  return times.toSorted((one, other) => one - other)[Math.floor((times.length - 1) / 2)] ?? 0;
}

export function missed({ times, target }: Measured): boolean {
  return target !== undefined && Math.max(...times) > target;
}

/** Resolves when the condition holds; throws after a minute. Asks seldom: what is measured shares the machine. */
export async function reached(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
  for (const giveUp = Date.now() + 60_000; !(await condition());) {
    if (Date.now() > giveUp) throw new Error(`it never came to that: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}
