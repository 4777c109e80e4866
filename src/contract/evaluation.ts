import { z } from 'zod';
import type { Baseline } from './application.ts';
import type { Verdict } from './words.ts';

/** What the candidate is told before the next attempt; `key` is stable, for translation. */
export interface Advice {
  key: string;
  text: string;
}

/**
 * One RiskOS evaluation, reduced to what the funnel needs; this and nothing else of RiskOS's answer enters
 * the workflow's history.
 */
export interface Evaluation {
  /** The request's `id`, ours. */
  evaluationId: string;
  /** RiskOS's `eval_id`. */
  evalId: string;
  state: 'in_progress' | 'paused' | 'completed';
  /** RiskOS's decision word, upper case, only of a completed evaluation. */
  decision?: string;
  /** When it was decided, ISO 8601 in UTC with milliseconds. */
  decidedAt?: string;
  /** What a paused evaluation waits for. */
  pausedFor?: 'capture' | 'one_time_code' | 'more_information' | 'hosted_flow' | 'unknown';
  /** The capture link, or the Hosted Flow's. */
  url?: string;
  /** The Document Request's `docvTransactionToken`. */
  transactionToken?: string;
  /** The `referenceId` of the enrichment that carries `documentVerification`. */
  referenceId?: string;
  /** What a selfie reverification was compared with. */
  previousReferenceId?: string;
  reasonCodes: string[];
  advice: Advice[];
  /** A reason code that marks fraud: never coached. */
  risk: boolean;
  /** It ended by an error of a step, not by what the candidate did. */
  technical: boolean;
  /** The accepted document's type, such as "Drivers License" or "Military". */
  documentType?: string;
  /**
   * What document or selfie verification itself decided, upper case. For people: it can disagree with `decision`, which
   * alone counts.
   */
  moduleDecision?: string;
  /** What Digital Intelligence, the check of device and network, decided, upper case. For people. */
  digitalIntelligenceDecision?: string;
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

/** Our word for RiskOS's; one that nobody mapped goes to a person, never to accept. */
export function verdictOf(
  decision: string | undefined,
  mapping: Record<string, Verdict>,
): { verdict: Verdict; flags: string[] } {
  const word = decision?.trim().toUpperCase() ?? '';
  const known = Object.hasOwn(mapping, word)
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

/** An id that RiskOS makes: it promises no shape. */
const anyId = z.string().min(1).max(200);

/** What the relay tells the funnel of one webhook delivery: a hint that something happened, no PII, no free text. */
export const riskosEvent = z.object({
  eventId: anyId,
  eventType: z.string().min(1).max(64),
  /** When RiskOS says that it happened, ISO 8601 in UTC with milliseconds. */
  eventAt: z.string().max(40).optional(),
  evaluationId: z.string().min(1).max(200),
  evalId: anyId.optional(),
  /** No longer sent by the relay: a decision is read, never taken from an event. */
  decision: z
    .string()
    .regex(/^[A-Z_]{1,40}$/)
    .optional(),
  /** The step of a capture that a progress note tells of, such as "document_front_uploaded". */
  progress: z.string().max(64).optional(),
});
export type RiskosEvent = z.output<typeof riskosEvent>;
