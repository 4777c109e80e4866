import type { Answered, EvaluationAsk } from '../../../activities/evaluations.ts';
import type {
  Evaluation,
  ImagesAsk,
  ImagesFound,
  Notice,
  RiskosEvent,
  RiskosTrouble,
  Stage,
  Status,
  TimelineEntry,
} from '../../../src/contract/index.ts';
import type { ActivityCall, ActivityOutcome } from '../server/execution.ts';
import type { Failure, Payload } from '../server/protocol.ts';
import { fromPayload, toPayload } from '../server/protocol.ts';

/**
 * Everything that the simulation knows of the workflows: their names, and the shapes of what goes in and out. Where the
 * contract changes, this file does, and no other.
 */
export const names = {
  funnel: 'candidateFunnel',
  images: 'imageRetention',
  riskosEvent: 'riskosEvent',
  status: 'status',
  timeline: 'timeline',
} as const;

export type { Evaluation, ImagesAsk, ImagesFound, Notice, Stage, Status, TimelineEntry };
export type EvaluatedStage =
  'passive_check' | 'document_verification' | 'selfie_reverification' | 'payroll_setup';

export function workflowIdOf(applicationId: string): string {
  return `funnel-${applicationId}`;
}

/** Which attempt an evaluationId names. */
export interface Key {
  stage: EvaluatedStage;
  attempt: number;
}

const evaluatedStages: readonly EvaluatedStage[] = [
  'passive_check',
  'document_verification',
  'selfie_reverification',
  'payroll_setup',
];

export function keyOf(evaluationId: string): Key {
  const [, , word, number] = evaluationId.split('~');
  const stage = evaluatedStages.find((known) => known === word);
  if (!stage) throw new Error(`not an evaluationId: ${evaluationId}`);
  return { stage, attempt: Number(number) };
}

/** A call of an activity, by what it does. */
export type Call =
  | { kind: 'create'; ask: EvaluationAsk }
  | {
      kind: 'patch';
      evalId: string;
      given: 'one_time_code' | 'resend_one_time_code' | 'information';
      code: string;
    }
  | { kind: 'read'; evaluationId: string; evalId: string }
  | { kind: 'archive'; ask: ImagesAsk }
  | { kind: 'delete'; evaluationId: string }
  | { kind: 'notify'; notice: Notice };

interface PatchInput {
  evalId: string;
  patch: { kind: 'one_time_code' | 'resend_one_time_code' | 'information'; code?: string };
}

/** The input is what the workflow sent: its own types are trusted. */
export function callOf({ type, input }: ActivityCall): Call {
  switch (type) {
    case 'createEvaluation':
      return { kind: 'create', ask: fromPayload(input) };
    case 'patchEvaluation': {
      const { evalId, patch }: PatchInput = fromPayload(input);
      return { kind: 'patch', evalId, given: patch.kind, code: patch.code ?? '' };
    }
    case 'readEvaluation':
      return { kind: 'read', ...fromPayload(input) };
    case 'archiveImages':
      return { kind: 'archive', ask: fromPayload(input) };
    case 'deleteImages':
      return { kind: 'delete', evaluationId: fromPayload(input).evaluationId };
    case 'notify':
      return { kind: 'notify', notice: fromPayload(input) };
    default:
      throw new Error(`an unknown activity: ${type}`);
  }
}

export function answered(evaluation: Evaluation, noticesConfigured: boolean): ActivityOutcome {
  return { kind: 'completed', value: { evaluation, noticesConfigured } satisfies Answered };
}

/** What {@link answered} made. */
export function evaluationIn(result: Payload): Evaluation {
  const { evaluation }: Answered = fromPayload(result);
  return evaluation;
}

/** How a call to RiskOS can fail, by what it means for the funnel. */
export type Trouble = 'not_processed' | 'ambiguous' | 'refused' | 'unavailable' | 'unknown' | 'foreign';

const troubles: Record<
  Trouble,
  Pick<RiskosTrouble, 'reason' | 'processed'> & { type: string; final: boolean }
> = {
  not_processed: { type: 'RiskosNotProcessed', reason: 'RateLimited', processed: 'no', final: true },
  ambiguous: { type: 'RiskosAmbiguous', reason: 'TimedOut', processed: 'perhaps', final: true },
  refused: { type: 'RiskosRefused', reason: 'DataRefused', processed: 'no', final: true },
  unavailable: { type: 'RiskosUnavailable', reason: 'ServerError', processed: 'no', final: false },
  unknown: { type: 'RiskosUnknownEvaluation', reason: 'NotFound', processed: 'no', final: true },
  foreign: { type: 'RiskosForeignEvaluation', reason: 'WrongEvaluation', processed: 'no', final: true },
};

/** `retryAfter` in milliseconds, or null; `evalId`: the evaluation that exists although the call failed. */
export function failed(
  trouble: Trouble,
  { retryAfter = null, evalId = null }: { retryAfter?: number | null; evalId?: string | null } = {},
): ActivityOutcome {
  const { type, reason, processed, final } = troubles[trouble];
  const details: RiskosTrouble = { reason, action: 'nothing', fields: [], retryAfter, evalId, processed };
  const failure = applicationFailure(type, final, details);
  return { kind: 'failed', failure, ...(final || retryAfter === null ? {} : { nextRetryDelay: retryAfter }) };
}

export function applicationFailure(type: string, nonRetryable: boolean, details?: unknown): Failure {
  return {
    message: type,
    applicationFailureInfo: {
      type,
      nonRetryable,
      ...(details === undefined ? {} : { details: { payloads: [toPayload(details)] } }),
    },
  };
}

export type { RiskosEvent };

/** What the search attributes must say of a status, and of why it stands at `needs_attention` as the memo says it. */
export function attributesOf(status: Status): Record<string, unknown> {
  const { stage, outcome, attempt, waitingFor, deadline, escalation, trouble } = status;
  return {
    stage,
    outcome,
    attempt,
    waitingFor,
    escalation,
    deadline,
    attention: status.attention?.kind ?? null,
    trouble: trouble?.reason ?? null,
  };
}

/** The search attributes, by the names of the status. */
export function publishedOf(attributes: Record<string, unknown>): Record<string, unknown> {
  const deadline = attributes['FunnelDeadline'];
  return {
    stage: attributes['FunnelStage'],
    outcome: attributes['FunnelOutcome'] ?? null,
    attempt: attributes['FunnelAttempt'],
    waitingFor: attributes['FunnelWaitingFor'],
    escalation: attributes['FunnelEscalation'] ?? null,
    attention: attributes['FunnelAttention'] ?? null,
    trouble: attributes['FunnelTrouble'] ?? null,
    deadline: typeof deadline === 'string' ? new Date(deadline).toISOString() : null,
  };
}

/** What the memo must say of a status, as docs/integration.md says; a second reading, not the workflow's own function. */
export function memoOf(status: Status): { status: unknown; private: unknown } {
  const { applicationId, stage, attempt, waitingFor, deadline, escalation, nextAction } = status;
  const { images, baseline, outcome, attention, trouble } = status;
  const latest = status.verdicts.slice(-5);
  return {
    status: {
      applicationId,
      stage,
      attempt,
      waitingFor,
      deadline,
      escalation,
      nextAction: { kind: nextAction.kind },
      verdicts: latest.map((one) => ({
        stage: one.stage,
        attempt: one.attempt,
        verdict: one.verdict,
        flags: one.flags,
        evaluationId: one.evaluationId,
        evalId: one.evalId,
        at: one.at,
      })),
      images: images.map((one) => ({ ...one, result: hides(one.result) ? 'none' : one.result })),
      baseline,
      outcome,
      attention: attention === null ? null : { kind: attention.kind },
      trouble: trouble === null ? null : { reason: trouble.reason, since: trouble.since },
    },
    private: {
      nextAction,
      verdicts: latest.map(({ evaluationId, reasonCodes, rule }) => ({
        evaluationId,
        reasonCodes,
        ...(rule === undefined ? {} : { rule }),
      })),
      attention: attention === null ? null : { reason: attention.reason, fields: attention.fields },
      images: images
        .filter(({ result }) => hides(result))
        .map(({ evaluationId, result }) => ({ evaluationId, result })),
      problem: trouble?.problem ?? null,
    },
  };
}

/** What says something of the candidate is not for everybody. */
function hides(result: string): boolean {
  return result === 'minor' || result === 'military';
}

export interface Update {
  name: string;
  input: unknown;
}

/** In which stages each update is possible, as docs/funnel.md says; a second reading, not the workflow's own table. */
export const possibleIn: Record<string, readonly Stage[]> = {
  requestDocuments: ['awaiting_document_request'],
  requestReverification: ['verified'],
  requestPayrollSetup: ['verified'],
  submitOneTimeCode: evaluatedStages,
  resendOneTimeCode: evaluatedStages,
  provideInformation: evaluatedStages,
  review: ['review'],
  correct: ['needs_attention'],
  retry: ['needs_attention'],
  complete: ['verified'],
  readNow: [...evaluatedStages, 'review', 'needs_attention'],
  withdraw: [...evaluatedStages, 'awaiting_document_request', 'review', 'verified', 'needs_attention'],
};

/** Updates that wait for what RiskOS waits for, not for a stage alone. */
export const steppingUp: Record<string, Evaluation['pausedFor']> = {
  submitOneTimeCode: 'one_time_code',
  resendOneTimeCode: 'one_time_code',
  provideInformation: 'more_information',
};

export const updates = {
  requestDocuments: (): Update => ({ name: 'requestDocuments', input: {} }),
  requestReverification: (): Update => ({ name: 'requestReverification', input: { reason: 'first_day' } }),
  requestPayrollSetup: (): Update => ({
    name: 'requestPayrollSetup',
    input: { candidate: { dateOfBirth: '1991-04-05', nationalId: '123456789' } },
  }),
  submitOneTimeCode: (code: string): Update => ({ name: 'submitOneTimeCode', input: { code } }),
  resendOneTimeCode: (): Update => ({ name: 'resendOneTimeCode', input: {} }),
  provideInformation: (): Update => ({
    name: 'provideInformation',
    input: { candidate: { dateOfBirth: '1991-04-05' } },
  }),
  review: (verdict: string): Update => ({ name: 'review', input: { verdict, by: 'hr-7', reason: 'looked' } }),
  correct: (): Update => ({ name: 'correct', input: { candidate: { phoneNumber: '+14155550199' } } }),
  retry: (): Update => ({ name: 'retry', input: {} }),
  readNow: (): Update => ({ name: 'readNow', input: {} }),
  complete: (): Update => ({ name: 'complete', input: {} }),
  withdraw: (): Update => ({ name: 'withdraw', input: { reason: 'another job' } }),
};

/** Each is refused everywhere. */
export const invalidUpdates: readonly Update[] = [
  { name: 'requestDocuments', input: { unknown: 1 } },
  { name: 'requestReverification', input: { reason: 'because' } },
  { name: 'requestPayrollSetup', input: { candidate: { nationalId: 4 } } },
  { name: 'submitOneTimeCode', input: { code: 'abc' } },
  { name: 'provideInformation', input: { candidate: {} } },
  { name: 'review', input: { verdict: 'perhaps', by: 'hr-7', reason: 'x' } },
  { name: 'review', input: undefined },
  { name: 'correct', input: { candidate: { email: 'nobody' } } },
  { name: 'retry', input: 'again' },
  { name: 'withdraw', input: { reason: '' } },
  { name: 'complete', input: [] },
  { name: 'noSuchUpdate', input: {} },
];
