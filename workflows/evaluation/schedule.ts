import {
  type Deadline,
  type DeadlineRule,
  milliseconds,
  type Policy,
  reminderAt,
} from '../../src/contract/index.ts';

/** The intervals between readings without events, in units of the first. */
const ladder = [1, 4, 20, 60, 120, 240, 480, 960];

type Reconciliation = Policy['reconciliation'];

/** Milliseconds from the reading number `reads` (0: the POST) to the next one. */
export function pollInterval({ first, longest }: Reconciliation, reads: number): number {
  const step = ladder[reads] ?? Infinity;
  return Math.min(step * milliseconds(first), milliseconds(longest));
}

/**
 * True if the reminder is due before the reading after next. Until then a deadline timer would only add history events.
 */
export function deadlineIsNear(reconciliation: Reconciliation, rule: DeadlineRule, reads: number): boolean {
  let passed = 0;
  for (let read = 0; read <= reads; read += 1) passed += pollInterval(reconciliation, read);
  const length = milliseconds(rule.deadline);
  return passed >= (reminderAt(rule, length) ?? length);
}

/** When a person's part that begins at `start` (milliseconds since 1970) ends. */
export function deadlineFrom(start: number, rule: DeadlineRule): Deadline {
  const at = start + milliseconds(rule.deadline);
  return { at, reminderAt: reminderAt(rule, at) };
}

/** Milliseconds before what failed `failures` times in a row (1 or more) is repeated. */
export function backOff(first: string, longest: number, failures: number): number {
  return Math.min(milliseconds(first) * 2 ** Math.min(failures - 1, 20), longest);
}
