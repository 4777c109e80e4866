import { type Deadline, type DeadlineRule, milliseconds, type Policy } from '../../src/contract/index.ts';

/** The intervals between readings without events, in units of the first. */
const ladder = [1, 4, 20, 60, 120, 240, 480, 960];

type Reconciliation = Policy['reconciliation'];

/** Milliseconds from the reading number `reads` (0: the POST) to the next one. */
export function pollInterval({ first, longest }: Reconciliation, reads: number): number {
  const step = ladder[reads] ?? Infinity;
  return Math.min(step * milliseconds(first), milliseconds(longest));
}

/** Most candidates have done their part before this reading, 42 minutes after the POST with the default policy. */
const firstTimedRead = 5;

/**
 * True if the deadline needs its timer now: the reminder is due before the reading after next, or the attempt takes long. Until then
 * the timer would only add history events. Intervals alone do not tell how late it is, because workers can be away.
 */
export function needsDeadlineTimer(
  reconciliation: Reconciliation,
  rule: DeadlineRule,
  reads: number,
): boolean {
  if (reads >= firstTimedRead) return true;
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

/** When HR is reminded of a part that ends at `deadlineAt` (milliseconds since 1970); `null`: never. */
function reminderAt({ deadline, reminder }: DeadlineRule, deadlineAt: number): number | null {
  if (reminder === null) return null;
  return deadlineAt - (reminder === undefined ? milliseconds(deadline) / 4 : milliseconds(reminder));
}

/** Milliseconds before the next POST, after `count` POSTs that RiskOS certainly did not process, where it does not say how long. */
export function waitAfterRefusedPosts(count: number): number {
  return backOff('1s', milliseconds('5 minutes'), count);
}

/** Milliseconds before the next POST, after `count` POSTs that RiskOS perhaps processed. */
export function waitAfterUnclearPosts({ ambiguousWait }: Policy, count: number): number {
  return backOff(ambiguousWait, milliseconds('1 hour'), count);
}

/** Milliseconds before the next reading, after `count` readings in a row that failed. */
export function waitAfterFailedReadings({ ambiguousWait, reconciliation }: Policy, count: number): number {
  return backOff(ambiguousWait, milliseconds(reconciliation.longest), count);
}

/** Twice as long after each failure; `count` is 1 or more. */
function backOff(first: string, longest: number, count: number): number {
  return Math.min(milliseconds(first) * 2 ** Math.min(count - 1, 20), longest);
}
