import type { Scale } from './scale.ts';
import { type Event, timeOf } from './history.ts';

/** The policy's ladder, in units of `reconciliation.first`, whose default is 30 s; a day has 2880 of these. */
const ladder = [1, 4, 20, 60, 120, 240, 480, 960];
export const longest = 1440;
export const day = 2880;
export const week = 7 * day;

/**
 * Throws where the machine's slowness has moved the count: each reading must lie in the day that the ladder puts it
 * in, there must be as many as it has, and each must have waited for a timer of its own.
 */
export function checkReadings(since: Event[], from: number, { first, days, mayMerge }: Scale): void {
  const span = day * first;
  const at = (wanted: (event: Event) => unknown) =>
    since
      .filter((event) => wanted(event))
      .map((event) => timeOf(event) - from)
      .filter((time) => time < days * span);
  const readings = at((event) => event.activityTaskScheduledEventAttributes);
  const planned = plannedReadings(days).map((units) => units * first);
  const daysOf = (times: number[]) => times.map((time) => Math.floor(time / span)).join(' ');
  if (daysOf(readings) !== daysOf(planned)) {
    throw new Error(
      `readings were planned after ${planned.join(', ')} ms and came after ${readings.join(', ')}; if that is the ` +
        'machine, take a larger --first',
    );
  }
  const timers = at((event) => event.timerFiredEventAttributes).length;
  if (timers !== readings.length && !mayMerge) {
    throw new Error(`${readings.length} readings followed ${timers} timers: take a larger --first`);
  }
}

function plannedReadings(days: number): number[] {
  const planned: number[] = [];
  for (let at = 0, number = 0; ; number++) {
    at += ladder[number] ?? longest;
    if (at >= days * day) return planned;
    planned.push(at);
  }
}
