import type { Checking, Posting, Reading, RiskosEvent } from '../../src/contract/index.ts';

/** Re-runs of one request that are followed up. */
export const mostEvalIds = 4;

type Hinted = Pick<RiskosEvent, 'evaluationId' | 'evalId'> & Partial<Pick<RiskosEvent, 'eventType'>>;

/**
 * Queues a reading of the evaluation that an event named: of the current attempt, perhaps with a new `eval_id`, or of an attempt
 * that was given up.
 */
export function hint(position: Checking, { evaluationId, evalId, eventType }: Hinted): void {
  const { attempt } = position;
  if (attempt.evaluationId !== evaluationId) {
    if (evalId !== undefined && isGivenUp(position, evaluationId)) queue(position, evaluationId, evalId);
    return;
  }
  if (attempt.kind === 'posting') {
    if (evalId !== undefined) learnEarly(attempt, evalId, eventType);
    return;
  }
  if (evalId !== undefined) learn(attempt, evalId);
  const named = attempt.known.filter((one) => one.evalId === evalId);
  for (const one of named.length > 0 ? named : attempt.known) queue(position, evaluationId, one.evalId);
}

export function isGivenUp(position: Checking, evaluationId: string): boolean {
  return position.givenUp.some((attempt) => attempt.evaluationId === evaluationId);
}

/** Queues a reading of every known evaluation, including those of attempts that were given up. */
export function hintAll(position: Checking, attempt: Reading): void {
  for (const { evalId } of attempt.known) queue(position, attempt.evaluationId, evalId);
  for (const { evaluationId, evalIds } of position.givenUp)
    for (const evalId of evalIds) queue(position, evaluationId, evalId);
}

function queue(position: Checking, evaluationId: string, evalId: string): void {
  const isQueued = position.toRead.some((one) => one.evaluationId === evaluationId && one.evalId === evalId);
  if (!isQueued) position.toRead.push({ evaluationId, evalId });
}

/** The event of a first pause is no newer than an answer of the POST that says `paused`. */
function learnEarly({ evalIds, perhapsNewer }: Posting, evalId: string, eventType: string | undefined): void {
  const isKnown = evalIds.includes(evalId);
  if (!isKnown) evalIds.push(evalId);
  const isFirstPause = !isKnown && eventType === 'evaluation_paused';
  if (!isFirstPause && !perhapsNewer.includes(evalId)) perhapsNewer.push(evalId);
}

function learn(attempt: Reading, evalId: string): void {
  if (attempt.known.some((one) => one.evalId === evalId)) return;
  if (attempt.known.length >= mostEvalIds) {
    const oldest = attempt.known.findIndex(({ answered }) => !answered);
    attempt.known.splice(oldest, 1);
  }
  attempt.known.push({ evalId, answered: false, misses: 0, readSinceDeadline: false });
}
