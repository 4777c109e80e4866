import type { AttentionReason } from './attention.ts';
import type { Advice, Evaluation } from './evaluation.ts';
import type { ImagesRecord } from './images.ts';
import type { EvaluatedStage, Flag, Outcome, Stage, Verdict } from './words.ts';

/** What HR can have to do. */
export const nextActionKinds = [
  'show_capture_link',
  'enter_one_time_code',
  'provide_information',
  'open_hosted_flow',
  'review',
  'request_documents',
  'needs_attention',
  'wait',
  'none',
] as const satisfies readonly NextAction['kind'][];

/** What HR has to do now. */
export type NextAction =
  | {
      kind: 'show_capture_link';
      url: string;
      /** RiskOS's `docvTransactionToken`, which Socure's capture SDKs need. */
      transactionToken?: string;
      attempt: number;
      of: number;
      /** ISO 8601. */
      expiresAt: string;
      advice: Advice[];
    }
  | {
      kind: 'enter_one_time_code';
      /** How many codes RiskOS probably still accepts, about five at first; RiskOS does not report it [doc]. */
      attemptsLeft: number;
    }
  | {
      kind: 'provide_information';
      /** Which of address, dateOfBirth and nationalId RiskOS does not have; it does not say which it needs [open]. */
      fields: string[];
    }
  | { kind: 'open_hosted_flow'; url: string }
  | { kind: 'review' }
  | { kind: 'request_documents' }
  | { kind: 'needs_attention'; reason: string }
  | { kind: 'wait' }
  | { kind: 'none' };

/** One settled evaluation. */
export interface VerdictRecord {
  stage: EvaluatedStage;
  attempt: number;
  verdict: Verdict;
  flags: Flag[];
  reasonCodes: string[];
  evaluationId: string;
  evalId: string;
  /** ISO 8601. */
  at: string;
  /** The rule of the policy that changed RiskOS's decision, such as "documents.onRisk"; absent: none did. */
  rule?: string;
  audit: Audit;
}

/** A verdict; its audit details may be only in the timeline, the answers of updates and the result of the workflow. */
export type VerdictSummary = Omit<VerdictRecord, 'audit'> & { audit?: Audit };

/** What RiskOS reported about an evaluation, for routing and audit; never its free text. */
export type Audit = Pick<
  Evaluation,
  | 'decision'
  | 'unknownDecision'
  | 'decidedAt'
  | 'moduleDecision'
  | 'digitalIntelligenceDecision'
  | 'documentType'
  | 'documentCountry'
  | 'documentState'
  | 'failedSteps'
  | 'tags'
  | 'reviewQueues'
  | 'score'
  | 'workflow'
  | 'evalSource'
>;

/** Why a funnel stands at `needs_attention`: a word for programs, a text for people, and the fields that RiskOS named. */
export interface Attention {
  kind: AttentionReason;
  reason: string;
  fields: string[];
}

/** The answer of the query `status`, of every update and of the workflow itself. No PII except the hand-off link. */
export interface Status {
  applicationId: string;
  stage: Stage;
  attempt: number;
  waitingFor: WaitingFor;
  /** ISO 8601: the deadline of the current wait; at `verified`, the next periodic reverification. A review stays open after it. */
  deadline: string | null;
  /** Whether that deadline is near (`reminder`), or has passed and a person has to act (`overdue`). */
  escalation: Escalation | null;
  nextAction: NextAction;
  verdicts: VerdictRecord[];
  images: ImagesRecord[];
  baseline: boolean;
  outcome: Outcome | null;
  attention: Attention | null;
  /** Why RiskOS is unavailable at the moment, since when (ISO 8601); the funnel retries by itself. */
  trouble: { reason: TroubleReason; problem: string; since: string } | null;
}

export const escalations = ['reminder', 'overdue'] as const;
export type Escalation = (typeof escalations)[number];

/** How RiskOS is unavailable at the moment. */
export const troubleReasons = ['request_not_taken', 'request_unclear', 'unreadable'] as const;
export type TroubleReason = (typeof troubleReasons)[number];

export const troubleInWords: Record<TroubleReason, string> = {
  request_not_taken: 'The request could not be sent, or RiskOS did not take it',
  request_unclear: 'RiskOS did not say whether it took the request',
  unreadable: 'RiskOS cannot be read',
};

/** Whom or what the funnel waits for. */
export const waitingForWords = ['riskos', 'candidate', 'reviewer', 'hr', 'operator', 'nothing'] as const;
export type WaitingFor = (typeof waitingForWords)[number];

export const waitingForInWords: Record<WaitingFor, string> = {
  riskos: 'RiskOS',
  candidate: 'the candidate',
  reviewer: 'a reviewer',
  hr: 'HR',
  operator: 'an operator',
  nothing: 'nothing',
};

/** What a line of the timeline is about. */
export const timelineKinds = [
  'start',
  'riskos_event',
  'trouble',
  'verdict',
  'contradiction',
  'deadline',
  'attention',
  'update',
  'review',
  'images',
  'notice',
  'close',
] as const;
export type TimelineKind = (typeof timelineKinds)[number];

/** One line of a funnel's history, for people; never PII. */
export interface TimelineEntry {
  /** ISO 8601. */
  at: string;
  kind: TimelineKind;
  what: string;
  /** Who sent the update, if they said so. */
  by?: string | undefined;
  /** The evaluation that the line is about. */
  evaluationId?: string | undefined;
  /** The verdict with its audit details; added when the timeline is read. */
  verdict?: VerdictRecord | undefined;
}
