import { type Evaluation, stamp } from './evaluation.ts';
import { outcomeOf } from './outcomes.ts';
import type { Pause } from './scenarios.ts';

/** Ends an evaluation with what the checks found. */
export function settle(evaluation: Evaluation): void {
  const outcome = outcomeOf(evaluation.play, evaluation.useCase, evaluation.ending);
  const now = Date.now();
  evaluation.outcome = outcome;
  evaluation.waitsFor.length = 0;
  evaluation.state = 'evaluation_completed';
  evaluation.endedAt = stamp(now);
  evaluation.tags = outcome.tags;
  decide(evaluation, outcome.decision);
  const hasImages = Object.keys(evaluation.capture?.pictures ?? {}).length > 0;
  evaluation.imagesAt =
    hasImages && evaluation.play.images === 'kept' ? now + evaluation.play.imageLag : null;
}

const subStatuses: Record<Pause, string> = {
  capture: '',
  one_time_code: 'Awaiting Customer OTP',
  more_information: 'More information needed',
  hosted_flow: '',
};

export function putOnHold(evaluation: Evaluation, reason: Pause): void {
  evaluation.state = 'evaluation_paused';
  evaluation.status = 'ON_HOLD';
  evaluation.subStatus = subStatuses[reason];
}

/** Ends the execution without a decision; it waits for nothing more. An evaluation that has ended does not change. */
export function fail(evaluation: Evaluation, reason: string): void {
  if (evaluation.state === 'evaluation_completed') return;
  evaluation.state = 'evaluation_failed';
  evaluation.failure = reason || 'a step of the workflow failed';
  evaluation.endedAt = stamp(Date.now());
  evaluation.waitsFor.length = 0;
}

/** The decision of the checks, or a later one of a reviewer or a re-evaluation. */
export function decide(evaluation: Evaluation, decision: string): void {
  evaluation.decision = decision;
  evaluation.decisionAt = stamp(Date.now());
  evaluation.status = decision === 'REVIEW' ? 'OPEN' : 'CLOSED';
  evaluation.subStatus =
    decision === 'REVIEW' ? 'Under Review' : decision.charAt(0) + decision.slice(1).toLowerCase();
}

export function waiting(evaluation: Evaluation, pause: Pause): boolean {
  return evaluation.state === 'evaluation_paused' && evaluation.waitsFor[0] === pause;
}
