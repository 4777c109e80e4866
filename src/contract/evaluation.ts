import { z } from 'zod';
import type { Baseline } from './application.ts';
import { decisionWord, unreadableDecision } from './decision-words.ts';
import { riskosId } from './ids.ts';
import type { FailedStep, Flag, Verdict } from './words.ts';

/** Advice to the candidate before the next attempt; `key` is stable, for translation. */
export interface Advice {
  key: string;
  text: string;
}

/**
 * One RiskOS evaluation, reduced to what the funnel needs; this and nothing else of RiskOS's answer enters
 * the workflow's history. Everything in it is bounded, and nothing is RiskOS's free text.
 */
export interface Evaluation {
  /** The request's `id`, ours. */
  evaluationId: string;
  /** RiskOS's `eval_id`. */
  evalId: string;
  /** The state that RiskOS reports; `in_progress` for a failed evaluation without another state. */
  state: 'in_progress' | 'paused' | 'completed';
  /** RiskOS says that the execution of its workflow failed: there is nothing to wait for, and a person has to look. */
  failed: boolean;
  /** RiskOS's decision word as {@link decisionWord} writes it, "UNKNOWN" if it is missing or unreadable; only in a completed evaluation. */
  decision?: string;
  /** RiskOS's own word if it is not built in, for people; `policy.verdicts` can map it. */
  unknownDecision?: string;
  /** When it was decided, ISO 8601 in UTC with milliseconds. */
  decidedAt?: string;
  /** What a paused evaluation waits for. */
  pausedFor?: 'capture' | 'one_time_code' | 'more_information' | 'hosted_flow' | 'unknown';
  /** The capture link, or the Hosted Flow's. */
  url?: string;
  /** The `docvTransactionToken` of the accepted document result; until the evaluation completes, of the Document Request. */
  transactionToken?: string;
  /** The `referenceId` of the accepted document result, wherever it stands in the answer: a later selfie's baseline. */
  referenceId?: string;
  /**
   * The baseline if HR accepts a review: the reference of the only document result, when that result says REVIEW. Absent once
   * RiskOS has accepted; then `referenceId` counts.
   */
  reviewedReference?: Baseline;
  /** Whether one of the answer's Document Verification results was accepted; absent when it has no result. */
  documentResult?: 'accepted' | 'not_accepted';
  /** The document's type in the accepted result, or else in the last one, such as "Drivers License" or "Military". */
  documentType?: string;
  /** The issuing country of the same result, upper case: ISO 3166-1, RiskOS writes alpha-3 [doc]. */
  documentCountry?: string;
  /** The issuing state or province of the same result. */
  documentState?: string;
  /** What a selfie reverification was compared with. */
  previousReferenceId?: string;
  reasonCodes: string[];
  advice: Advice[];
  /** A reason code that marks fraud: never coached. */
  risk: boolean;
  /** Enrichments with an error or a status code of 400 or more, each kind once; the Image Request's error is expected. */
  failedSteps: FailedStep[];
  /** The Document Request, the Document Verification or the Selfie Reverification failed; the candidate did nothing wrong. */
  technical: boolean;
  /** The capture link expired, or the candidate let the session lapse; never together with `technical`. */
  linkExpired?: true;
  /**
   * What document or selfie verification itself decided, upper case. For people: it can disagree with `decision`, which
   * alone counts.
   */
  moduleDecision?: string;
  /** What Digital Intelligence, the check of device and network, decided, upper case. For people. */
  digitalIntelligenceDecision?: string;
  tags: string[];
  reviewQueues: string[];
  /** The score of all steps, if RiskOS's workflow is configured to have one [doc]. */
  score?: number;
  /** RiskOS's workflow that ran. */
  workflow?: { name: string; version?: string };
  /** Where the evaluation was begun: "API", "Dashboard" [doc], "Rerun". */
  evalSource?: string;
}

const builtInVerdicts: Record<string, Verdict> = {
  ACCEPT: 'accept',
  APPROVE: 'accept',
  REVIEW: 'review',
  REJECT: 'reject',
  DECLINE: 'reject',
  RESUBMIT: 'resubmit',
  CANCEL: 'cancel',
};

/** Our verdict for RiskOS's decision; a decision that is not mapped goes to a person, never to accept. */
export function verdictOf(
  decision: string | undefined,
  mapping: Record<string, Verdict>,
): { verdict: Verdict; flags: Flag[] } {
  const word = decisionWord(decision ?? '') ?? unreadableDecision;
  const known =
    word === unreadableDecision
      ? undefined
      : Object.hasOwn(mapping, word)
        ? mapping[word]
        : Object.hasOwn(builtInVerdicts, word)
          ? builtInVerdicts[word]
          : undefined;
  return known ? { verdict: known, flags: [] } : { verdict: 'review', flags: ['unknown_decision'] };
}

/**
 * Whether a selfie reverification was compared with the baseline that was sent. `different` and `unknown` are for a
 * person to look at: where RiskOS reads the earlier reference is not certain [open].
 */
export function comparedWith(
  baseline: Baseline,
  evaluation: Pick<Evaluation, 'previousReferenceId'>,
): 'same' | 'different' | 'unknown' {
  if (evaluation.previousReferenceId === undefined) return 'unknown';
  return evaluation.previousReferenceId === baseline.referenceId ? 'same' : 'different';
}

/** An id that RiskOS makes; RiskOS promises no format. */
const anyId = z.string().min(1).max(200);

/** What the relay passes on from a webhook delivery: a hint that something happened, without PII or free text. */
export const riskosEvent = z.object({
  eventId: anyId.describe("RiskOS's `event_id`; a repeated one is ignored."),
  eventType: z.string().min(1).max(64).describe("RiskOS's `event_type`, such as `evaluation_completed`."),
  eventAt: z
    .string()
    .max(40)
    .optional()
    .describe('When RiskOS says that it happened, ISO 8601 in UTC with milliseconds.'),
  evaluationId: z.string().min(1).max(200).describe('Our id of the evaluation; RiskOS returns it as `id`.'),
  evalId: riskosId
    .optional()
    .catch(undefined)
    .describe("RiskOS's `eval_id`; ignored if it is not a single path segment."),
  progress: z
    .string()
    .max(64)
    .optional()
    .describe('The step of a capture that a progress note names, such as `document_front_uploaded`.'),
});
export type RiskosEvent = z.output<typeof riskosEvent>;
