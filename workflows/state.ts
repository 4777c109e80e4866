import { workflowInfo } from '@temporalio/workflow';
import {
  type Application,
  type Attempt,
  type Candidate,
  type Checking,
  describeIssues,
  type EvaluatedStage,
  formatEvaluationId,
  type FunnelState,
  funnelState,
  type Posting,
  stateVersion,
} from '../src/contract/index.ts';
import { endTimers } from './timers.ts';

/** The state of a funnel that begins. */
export function newState(application: Application): FunnelState {
  const run = workflowInfo().firstExecutionRunId.slice(-8);
  const first = {
    applicationId: application.applicationId,
    run,
    stage: 'passive_check',
    attempt: 1,
  } as const;
  return funnelState.parse({
    version: stateVersion,
    application,
    run,
    position: application.baseline
      ? { stage: 'verified' }
      : { stage: 'passive_check', attempt: newAttempt(formatEvaluationId(first), 1) },
    attempts: application.baseline ? {} : { passive_check: 1 },
    baseline: application.baseline ?? null,
  });
}

/**
 * The state that an earlier run passed on, whichever release wrote it. Throws an error that fails the workflow task, which
 * Temporal repeats, so that a worker of the right release can go on.
 */
export function restoreState(carried: unknown): FunnelState {
  const version = versionOf(carried);
  if (version > stateVersion) {
    throw new StateError(
      `a newer release wrote the state of this funnel (version ${version}, this release reads ${stateVersion}); run the newer worker again`,
    );
  }
  const parsed = funnelState.safeParse(carried);
  if (!parsed.success) {
    throw new StateError(`the state of this funnel cannot be read: ${describeIssues(parsed.error, 'state')}`);
  }
  return { ...parsed.data, recordedAt: 0 };
}

class StateError extends Error {
  static {
    // Set on the prototype, the name is part of the stack, which is all that leaves the workflow's thread.
    this.prototype.name = 'StateError';
  }
}

function versionOf(carried: unknown): number {
  const version: unknown =
    typeof carried === 'object' && carried !== null && 'version' in carried ? carried.version : undefined;
  return typeof version === 'number' ? version : 0;
}

/** The position that begins a stage, with its first attempt. */
export function checking(state: FunnelState, stage: EvaluatedStage, more: Partial<Checking> = {}): Checking {
  return {
    stage,
    tries: 1,
    technical: 0,
    advice: [],
    givenUp: [],
    toRead: [],
    readingsAsked: 0,
    readingsDone: 0,
    ...more,
    attempt: nextAttempt(state, stage),
  };
}

/** The same stage with a new attempt; attempts that were given up can still be accepted. */
export function again(
  state: FunnelState,
  position: Checking,
  change: Partial<Pick<Checking, 'tries' | 'technical' | 'advice'>> = {},
): Checking {
  const { stage, tries, technical, advice, givenUp } = position;
  return checking(state, stage, { tries, technical, advice, givenUp, ...change });
}

function nextAttempt(state: FunnelState, stage: EvaluatedStage): Attempt {
  endTimers(state);
  const number = (state.attempts[stage] ?? 0) + 1;
  state.attempts[stage] = number;
  const { applicationId } = state.application;
  return newAttempt(formatEvaluationId({ applicationId, run: state.run, stage, attempt: number }), number);
}

/** An attempt whose evaluation at RiskOS is not known. */
export function newAttempt(evaluationId: string, number: number): Posting {
  return {
    kind: 'posting',
    evaluationId,
    number,
    notProcessed: 0,
    perhapsProcessed: 0,
    evalIds: [],
    perhapsNewer: [],
    stop: null,
  };
}

/** The evaluation that is under way, under review, or stopped for attention. */
export function openChecking({ position }: FunnelState): Checking | undefined {
  switch (position.stage) {
    case 'passive_check':
    case 'document_verification':
    case 'selfie_reverification':
    case 'payroll_setup':
      return position;
    case 'review':
      return position.of;
    case 'needs_attention':
      return position.back;
    case 'awaiting_document_request':
    case 'verified':
    case 'closed':
      return undefined;
  }
}

const keptEvents = 200;

/** True for the first event with this id. */
export function firstSight(state: FunnelState, eventId: string): boolean {
  if (state.seenEvents.includes(eventId)) return false;
  state.seenEvents.push(eventId);
  if (state.seenEvents.length > keptEvents) state.seenEvents.shift();
  return true;
}

/** Keeps what HR has given of the candidate. */
export function improve(state: FunnelState, better: Partial<Candidate>): void {
  state.application = { ...state.application, candidate: merged(state, better) };
}

export function merged(state: FunnelState, better: Partial<Candidate>): Candidate {
  const known = Object.fromEntries(Object.entries(better).filter(([, value]) => value !== undefined));
  return { ...state.application.candidate, ...known };
}

/** Data that no later stage needs unless HR gives it again. */
export function dropSpentData(state: FunnelState): void {
  const { dateOfBirth: _date, nationalId: _id, ...candidate } = state.application.candidate;
  state.application = { ...state.application, candidate };
}
