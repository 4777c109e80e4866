import {
  attentionFields,
  attentionReason,
  attentionText,
  type Candidate,
  type Checking,
  type FunnelState,
  type NextAction,
  type Position,
  type Status,
  type WaitingFor,
} from '../src/contract/index.ts';
import { iso } from './clock.ts';
import { maxAttempts } from './policy.ts';
import { openChecking } from './state.ts';
import { hasFired } from './timers.ts';

/** What a funnel says of itself: in its memo, to the query, after each update, and as its result. */
export function statusOf(state: FunnelState): Status {
  const { position } = state;
  const deadline = deadlineOf(state);
  const cause = position.stage === 'needs_attention' ? position.cause : null;
  return {
    applicationId: state.application.applicationId,
    stage: position.stage,
    attempt: attemptOf(state),
    waitingFor: waitingFor(position),
    deadline: deadline === null ? null : iso(deadline),
    escalation: escalationOf(state),
    nextAction: nextAction(state, position),
    verdicts: state.verdicts,
    images: state.images,
    baseline: state.baseline !== null,
    outcome: position.stage === 'closed' ? position.outcome : null,
    attention: cause && {
      kind: attentionReason(cause),
      reason: attentionText(cause),
      fields: attentionFields(cause),
    },
    trouble: state.trouble && { ...state.trouble, since: iso(state.trouble.since) },
  };
}

function attemptOf(state: FunnelState): number {
  return openChecking(state)?.attempt.number ?? state.verdicts.at(-1)?.attempt ?? 0;
}

/** The deadline of the current wait; at `verified`, the next periodic reverification. */
function deadlineOf({ position, timers }: FunnelState): number | null {
  switch (position.stage) {
    case 'passive_check':
    case 'document_verification':
    case 'selfie_reverification':
    case 'payroll_setup':
      return position.attempt.kind === 'reading' ? position.attempt.deadline.at : null;
    case 'review':
      return position.deadline.at;
    case 'verified':
      return timers.reverify?.times.at(-1) ?? null;
    case 'awaiting_document_request':
    case 'needs_attention':
    case 'closed':
      return null;
  }
}

/** Whether the deadline of a person's part is near, or over. */
export function escalationOf(state: FunnelState): Status['escalation'] {
  const { deadline } = state.timers;
  const whom = waitingFor(state.position);
  if (!deadline || (whom !== 'candidate' && whom !== 'reviewer')) return null;
  if (hasFired(state, 'deadline')) return 'overdue';
  return deadline.fired > 0 ? 'reminder' : null;
}

function waitingFor(position: Position): WaitingFor {
  switch (position.stage) {
    case 'closed':
    case 'verified':
      return 'nothing';
    case 'awaiting_document_request':
      return 'hr';
    case 'review':
      return 'reviewer';
    case 'needs_attention':
      return 'operator';
    case 'passive_check':
    case 'document_verification':
    case 'selfie_reverification':
    case 'payroll_setup':
      return position.attempt.kind === 'reading' && position.attempt.latest?.state === 'paused'
        ? 'candidate'
        : 'riskos';
  }
}

function nextAction(state: FunnelState, position: Position): NextAction {
  switch (position.stage) {
    case 'closed':
    case 'verified':
      return { kind: 'none' };
    case 'awaiting_document_request':
      return { kind: 'request_documents' };
    case 'review':
      return { kind: 'review' };
    case 'needs_attention':
      return { kind: 'needs_attention', reason: attentionText(position.cause) };
    case 'passive_check':
    case 'document_verification':
    case 'selfie_reverification':
    case 'payroll_setup':
      return handOff(state, position);
  }
}

/** RiskOS reports no limit; it is documented to accept about five codes [doc]. */
const mostCodes = 5;

function handOff(state: FunnelState, { attempt, stage, tries, advice }: Checking): NextAction {
  if (attempt.kind === 'posting' || attempt.latest?.state !== 'paused') return { kind: 'wait' };
  const { pausedFor, url, transactionToken } = attempt.latest;
  switch (pausedFor) {
    case 'capture':
      return url === undefined
        ? { kind: 'wait' }
        : {
            kind: 'show_capture_link',
            url,
            ...(transactionToken === undefined ? {} : { transactionToken }),
            attempt: tries,
            of: Math.max(tries, maxAttempts(state.application.policy, stage)),
            expiresAt: iso(attempt.deadline.at),
            advice,
          };
    case 'hosted_flow':
      return url === undefined ? { kind: 'wait' } : { kind: 'open_hosted_flow', url };
    case 'one_time_code':
      return { kind: 'enter_one_time_code', attemptsLeft: Math.max(0, mostCodes - attempt.codes) };
    case 'more_information':
      return { kind: 'provide_information', fields: unknownFields(state.application.candidate) };
    case 'unknown':
    case undefined:
      return { kind: 'wait' };
  }
}

/** RiskOS does not say which data it lacks [open]; the best guess is the data that it does not have. */
function unknownFields(candidate: Candidate): string[] {
  return (['address', 'dateOfBirth', 'nationalId'] as const).filter(
    (field) => candidate[field] === undefined,
  );
}
