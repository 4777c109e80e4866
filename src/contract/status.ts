import type { Advice } from './evaluation.ts';
import type { ImagesRecord } from './images.ts';
import type { Outcome, Stage, Verdict } from './words.ts';

/** What HR has to do now. */
export type NextAction =
  | {
      kind: 'show_capture_link';
      url: string;
      attempt: number;
      of: number;
      /** ISO 8601. */
      expiresAt: string;
      advice: Advice[];
    }
  | {
      kind: 'enter_one_time_code';
      /** Of about five; RiskOS does not tell [doc]. */
      attemptsLeft: number;
    }
  | {
      kind: 'provide_information';
      /** Those of address, dateOfBirth and nationalId that RiskOS has not been given; it does not say which it wants [open]. */
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
  stage: Stage;
  attempt: number;
  verdict: Verdict;
  flags: string[];
  evaluationId: string;
  evalId: string;
  /** ISO 8601. */
  at: string;
}

/** Why a funnel stands at `needs_attention`, and the fields that RiskOS named. */
export interface Attention {
  reason: string;
  fields: string[];
}

/** The answer of the query `status`, of every update and of the workflow itself. No PII but the hand-off link. */
export interface Status {
  applicationId: string;
  stage: Stage;
  attempt: number;
  waitingFor: WaitingFor;
  /** ISO 8601: when the current wait ends by itself, if it does. */
  deadline: string | null;
  /** Whether that deadline is near (`reminder`), or has passed and a person has to see to it (`overdue`). */
  escalation: 'reminder' | 'overdue' | null;
  nextAction: NextAction;
  verdicts: VerdictRecord[];
  images: ImagesRecord[];
  baseline: boolean;
  outcome: Outcome | null;
  attention: Attention | null;
  /** Why RiskOS cannot be asked at the moment, since when (ISO 8601); the funnel goes on by itself. */
  trouble: { reason: string; since: string } | null;
}

/** Whom or what the funnel waits for. */
export type WaitingFor = 'riskos' | 'candidate' | 'reviewer' | 'hr' | 'operator' | 'nothing';

export const waitingForInWords: Record<WaitingFor, string> = {
  riskos: 'RiskOS',
  candidate: 'the candidate',
  reviewer: 'a reviewer',
  hr: 'HR',
  operator: 'an operator',
  nothing: 'nothing',
};

/** One line of a funnel's history, for people. */
export interface TimelineEntry {
  /** ISO 8601. */
  at: string;
  what: string;
}
