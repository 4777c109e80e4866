import { ApplicationFailure } from '@temporalio/workflow';
import type { Candidate, Checking, FunnelState, Refusal } from '../../src/contract/index.ts';
import { type Called, patch } from '../activities.ts';
import { improve, openChecking } from '../state.ts';
import { hint } from './hints.ts';

/** What an update can give a paused evaluation. */
export type StepUp =
  | { kind: 'one_time_code'; code: string }
  | { kind: 'resend_one_time_code' }
  | { kind: 'information'; candidate: Partial<Candidate> };

/** Gives a paused evaluation what it waits for, and queues a reading. Fails the update if RiskOS refuses it. */
export async function stepUp(state: FunnelState, position: Checking, given: StepUp): Promise<void> {
  const { attempt, stage } = position;
  if (attempt.kind !== 'reading' || !attempt.latest) return;
  const { evaluationId } = attempt;
  const { evalId } = attempt.latest;
  const useCase = stage === 'passive_check' ? state.application.useCase : stage;
  const called = await patch(state, { evalId, patch: { ...given, evaluationId, useCase } }).finally(() =>
    hint(position, { evaluationId, evalId }),
  );
  if (given.kind === 'information' && isPerhapsTaken(called) && openChecking(state))
    improve(state, given.candidate);
  if ('failure' in called) {
    const { type, reason, action } = called.failure;
    const refused = type === 'RiskosRefused';
    throw ApplicationFailure.nonRetryable(
      refused
        ? `RiskOS refused the request (${reason}): ${action}`
        : `RiskOS gave no clear answer (${reason}); look at the status before you send the update again`,
      (refused ? 'RiskosRefused' : 'RiskosUnavailable') satisfies Refusal,
    );
  }
  attempt.latest = called.evaluation;
  if (given.kind === 'one_time_code' && attempt.latest.pausedFor === 'one_time_code') attempt.codes += 1;
}

/** What RiskOS refused must not be sent with the next request, and `nextAction.fields` must go on naming it. */
function isPerhapsTaken(called: Called): boolean {
  if (!('failure' in called)) return true;
  const { type, processed } = called.failure;
  return type !== 'RiskosRefused' && processed !== 'no';
}
