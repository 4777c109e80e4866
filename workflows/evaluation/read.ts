import {
  type Checking,
  type Evaluation,
  type FunnelState,
  type Hint,
  inWords,
  milliseconds,
  type Reading,
  type RiskosFailure,
} from '../../src/contract/index.ts';
import { read } from '../activities.ts';
import { now } from '../clock.ts';
import { countFound } from '../metrics.ts';
import { note, noteRecovery, noteTrouble } from '../timeline.ts';
import { clearTimers, hasFired, setDeadlineTimer, setTimer } from '../timers.ts';
import { waitUntil } from '../waiting.ts';
import { deadlineRule } from './deadline.ts';
import { hintAll, isGivenUp } from './hints.ts';
import { judge } from './judge.ts';
import { type Stopped, stopped } from './result.ts';
import { needsDeadlineTimer, pollInterval, waitAfterFailedReadings } from './schedule.ts';

/** RiskOS may not find an evaluation right after the event that names it, so an unknown evaluation is read again. */
export const mostMisses = 3;

/** For whom the readings are. */
export interface Reader {
  /** The deadline applies, and an error that only a person can fix stops the attempt. */
  hasDeadline: boolean;
  /** No more readings are needed. */
  interrupted(): boolean;
  /** True if no further evaluation of the same request may replace this one. */
  isEnd(evaluation: Evaluation): boolean;
}

/** Waits for an event, the next reading's time or the deadline, and reads. */
export async function readNext(
  state: FunnelState,
  position: Checking,
  attempt: Reading,
  reader: Reader,
): Promise<Stopped | undefined> {
  if (!state.timers.read) scheduleReading(state, position, attempt, reader);
  const deadlinePassed = () => reader.hasDeadline && hasFired(state, 'deadline') && !attempt.overdue;
  const isDue = () => hasFired(state, 'read') || deadlinePassed() || isAsked(position);
  await waitUntil(state, () => reader.interrupted() || position.toRead.length > 0 || isDue());
  if (reader.interrupted()) return undefined;
  const by = position.toRead.length > 0 ? 'event' : isAsked(position) ? 'request' : 'poll';
  const wasCompleted = attempt.latest?.state === 'completed';
  if (isDue()) hintAll(position, attempt);
  if (deadlinePassed()) attempt.overdue = true;
  if (hasFired(state, 'read')) scheduleReading(state, position, attempt, reader);
  const result = await readWhatIsAsked(state, position, attempt, reader);
  if (!wasCompleted && attempt.latest?.state === 'completed') countFound(position.stage, by);
  return result;
}

/** True if somebody wants a reading that has not begun. */
export function isAsked({ readingsAsked, readingsDone }: Checking): boolean {
  return readingsAsked > readingsDone;
}

/** Reads what is queued. Whoever asks meanwhile needs another reading, because RiskOS may have answered before. */
export async function readWhatIsAsked(
  state: FunnelState,
  position: Checking,
  attempt: Reading,
  reader: Reader,
): Promise<Stopped | undefined> {
  const { readingsAsked } = position;
  const result = await readQueue(state, position, attempt, reader);
  position.readingsDone = readingsAsked;
  return result;
}

/** Reads one after the other. */
async function readQueue(
  state: FunnelState,
  position: Checking,
  attempt: Reading,
  reader: Reader,
): Promise<Stopped | undefined> {
  for (let hint = nextHint(position); hint && !reader.interrupted(); hint = nextHint(position)) {
    if (hint.evaluationId !== attempt.evaluationId) {
      if (await readGivenUpOne(state, position, hint)) return undefined;
      continue;
    }
    const result = await readCurrent(state, attempt, hint.evalId, reader);
    if (result) return result;
    if (attempt.latest?.state === 'completed' && reader.isEnd(attempt.latest)) return undefined;
  }
  return undefined;
}

function nextHint(position: Checking): Hint | undefined {
  return position.toRead.shift();
}

/** True if every id that RiskOS has for this attempt was read, successfully, after the deadline. */
export function isReadSinceDeadline(attempt: Reading): boolean {
  return attempt.known.length > 0 && attempt.known.every(({ readSinceDeadline }) => readSinceDeadline);
}

async function readCurrent(
  state: FunnelState,
  attempt: Reading,
  evalId: string,
  reader: Reader,
): Promise<Stopped | undefined> {
  const known = attempt.known.find((one) => one.evalId === evalId);
  if (!known) return undefined;
  const beganAfterDeadline = hasFired(state, 'deadline');
  const called = await read(state, { evaluationId: attempt.evaluationId, evalId });
  if ('failure' in called) return unread(state, attempt, known, called.failure, reader);
  const { evaluation } = called;
  // A re-run that is still paused takes nothing away from one that has completed.
  if (
    evaluation.state === 'completed' ||
    attempt.latest?.state !== 'completed' ||
    attempt.latest.evalId === evalId
  )
    attempt.latest = evaluation;
  noteRecovery(state);
  known.misses = 0;
  known.readSinceDeadline = beganAfterDeadline;
  attempt.failedReads = 0;
  clearTimers(state, 'patience');
  return undefined;
}

/** RiskOS had this evaluation. What an event merely named may never have existed. */
function wasShown({ latest }: Reading, { evalId, answered }: Reading['known'][number]): boolean {
  return answered || latest?.evalId === evalId;
}

function unread(
  state: FunnelState,
  attempt: Reading,
  known: Reading['known'][number],
  failure: RiskosFailure,
  reader: Reader,
): Stopped | undefined {
  const { type, reason: problem, action } = failure;
  switch (type) {
    case 'RiskosUnknownEvaluation':
    case 'RiskosForeignEvaluation':
      known.misses += 1;
      if (type === 'RiskosUnknownEvaluation' && known.misses < mostMisses) {
        readSoon(state, 1);
        return undefined;
      }
      if (wasShown(attempt, known) && !reader.hasDeadline) break;
      attempt.known = attempt.known.filter((one) => one !== known);
      if (!wasShown(attempt, known)) return undefined;
      return stopped({ kind: 'evaluation_unknown', evalId: known.evalId });
    case 'RiskosRefused':
      if (reader.hasDeadline) return stopped({ kind: 'reading_refused', problem, action });
      break;
    case 'RiskosUnavailable':
    case 'RiskosNotProcessed':
    case 'RiskosAmbiguous':
    case 'ResetRunGone':
      break;
  }
  noteTrouble(state, 'unreadable', problem);
  if (reader.hasDeadline && hasFired(state, 'deadline')) {
    const { longest } = state.application.policy.reconciliation;
    if (!state.timers.patience) setTimer(state, 'patience', now() + milliseconds(longest));
    if (hasFired(state, 'patience')) return stopped({ kind: 'unreadable_after_deadline', problem });
  }
  attempt.failedReads += 1;
  readSoon(state, attempt.failedReads);
  return undefined;
}

/**
 * Reads evaluations, named by events, of attempts that were given up. An accept counts, late or not: the candidate did their part, so the
 * newer attempt is superseded by it. True if there was one.
 */
export async function readGivenUp(state: FunnelState, position: Checking): Promise<boolean> {
  for (let hint = nextHint(position); hint; hint = nextHint(position))
    if (await readGivenUpOne(state, position, hint)) return true;
  return false;
}

/**
 * The same before a verdict on the current attempt, so that the order of two events does not decide. What is queued of the current
 * attempt stays queued.
 */
export async function isSuperseded(state: FunnelState, position: Checking): Promise<boolean> {
  const { toRead } = position;
  for (;;) {
    const at = toRead.findIndex(({ evaluationId }) => isGivenUp(position, evaluationId));
    const [hint] = at === -1 ? [] : toRead.splice(at, 1);
    if (!hint) return false;
    if (await readGivenUpOne(state, position, hint)) return true;
  }
}

async function readGivenUpOne(state: FunnelState, position: Checking, hint: Hint): Promise<boolean> {
  if (!isGivenUp(position, hint.evaluationId)) return false;
  const called = await read(state, hint);
  if ('failure' in called) return false;
  const { evaluation } = called;
  const { stage } = position;
  const { baseline, application } = state;
  if (evaluation.state !== 'completed') return false;
  const judgement = judge(evaluation, { stage, baseline, policy: application.policy, byReviewer: false });
  if (judgement.verdict !== 'accept') return false;
  const given = position.givenUp.find(({ evaluationId }) => evaluationId === hint.evaluationId);
  if (!given) return false;
  noteRecovery(state);
  note(
    state,
    'verdict',
    `${inWords(stage)}, attempt ${given.number} was accepted late; it counts, not attempt ${position.attempt.number}`,
  );
  position.attempt = adopted(state, position, given, evaluation);
  position.toRead = [];
  return true;
}

function adopted(
  state: FunnelState,
  position: Checking,
  { evaluationId, number }: Checking['givenUp'][number],
  evaluation: Evaluation,
): Reading {
  const { attempt } = position;
  clearTimers(state, 'post');
  return {
    kind: 'reading',
    evaluationId,
    number,
    notProcessed: 0,
    perhapsProcessed: 0,
    stop: null,
    known: [{ evalId: evaluation.evalId, answered: true, misses: 0, readSinceDeadline: false }],
    latest: evaluation,
    reads: 0,
    failedReads: 0,
    codes: 0,
    deadline: attempt.kind === 'reading' ? attempt.deadline : { at: now(), reminderAt: null },
    overdue: false,
  };
}

/** What could not be read is read again before the next reading by plan, after longer and longer waits. */
function readSoon(state: FunnelState, failures: number): void {
  const soon = now() + waitAfterFailedReadings(state.application.policy, failures);
  setTimer(state, 'read', Math.min(state.timers.read?.times[0] ?? soon, soon));
}

function scheduleReading(state: FunnelState, position: Checking, attempt: Reading, reader: Reader): void {
  const { reconciliation } = state.application.policy;
  setTimer(state, 'read', now() + pollInterval(reconciliation, attempt.reads));
  attempt.reads += 1;
  if (!reader.hasDeadline || state.timers.deadline) return;
  if (needsDeadlineTimer(reconciliation, deadlineRule(state, position.stage), attempt.reads))
    setDeadlineTimer(state, attempt.deadline);
}
