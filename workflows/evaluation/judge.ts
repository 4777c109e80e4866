import {
  type Baseline,
  comparedWith,
  type EvaluatedStage,
  type Evaluation,
  type Flag,
  type Policy,
  type Verdict,
  verdictOf,
} from '../../src/contract/index.ts';
import type { Judgement } from './judgement.ts';
import { route, weighFailures } from './routing.ts';

export interface Circumstances {
  stage: EvaluatedStage;
  baseline: Baseline | null;
  policy: Policy;
  /** A person decided in RiskOS, after its own decision had led to a review. */
  byReviewer: boolean;
}

/** RiskOS's decision in our words, routed by the policy, and with what the funnel must not overlook. */
export function judge(evaluation: Evaluation, circumstances: Circumstances): Judgement {
  const { stage, policy, byReviewer } = circumstances;
  const { advice } = evaluation;
  const judgement = { advice, ...judgeDecision(evaluation, circumstances) };
  // The reviewer has already seen what the rules check.
  if (byReviewer) return judgement;
  return weighFailures(route(judgement, evaluation, stage, policy), evaluation, policy);
}

function judgeDecision(evaluation: Evaluation, circumstances: Circumstances): Omit<Judgement, 'advice'> {
  const { policy, byReviewer } = circumstances;
  const { verdict, flags } = verdictOf(evaluation.decision, policy.verdicts);
  switch (verdict) {
    case 'accept':
      return judgeAccept(evaluation, circumstances);
    case 'reject':
      // A person decides where nothing but a failure of RiskOS speaks against the candidate.
      return isFailureAlone(evaluation) && !byReviewer
        ? { verdict: 'review', flags: ['technical'] }
        : { verdict, flags };
    case 'cancel':
      return { verdict, flags: blameOf(evaluation) ?? flags };
    case 'resubmit': {
      const blame = blameOf(evaluation);
      if (blame) return { verdict, flags: blame };
      if (!evaluation.risk || byReviewer) return { verdict, flags };
      return { verdict: onRisk[policy.documents.onRisk], flags: ['risk'], rule: 'documents.onRisk' };
    }
    case 'review':
      return { verdict, flags };
  }
}

function judgeAccept(
  evaluation: Evaluation,
  { stage, baseline, byReviewer }: Circumstances,
): Omit<Judgement, 'advice'> {
  if (stage === 'selfie_reverification' && !isComparedWith(baseline, evaluation)) {
    return { verdict: 'review', flags: ['other_reference'] };
  }
  if (stage !== 'document_verification') return { verdict: 'accept', flags: [] };
  if (evaluation.documentResult === undefined && !byReviewer) {
    return { verdict: 'review', flags: ['no_document_result'] };
  }
  const hasBaseline = (evaluation.referenceId ?? evaluation.reviewedReference) !== undefined;
  return { verdict: 'accept', flags: hasBaseline ? [] : ['no_baseline'] };
}

/** Why there is no result; undefined if there is one. */
function blameOf({ technical, linkExpired }: Evaluation): Flag[] | undefined {
  if (technical) return ['technical'];
  return linkExpired ? ['link_expired'] : undefined;
}

function isFailureAlone({ technical, documentResult, risk }: Evaluation): boolean {
  return technical && documentResult === undefined && !risk;
}

const onRisk = { review: 'review', close: 'reject', next_attempt: 'resubmit' } as const;

/** A selfie that was not compared with the reference that was sent proves nothing. */
function isComparedWith(baseline: Baseline | null, evaluation: Evaluation): boolean {
  return baseline !== null && comparedWith(baseline, evaluation) === 'same';
}

/** The decision that started a review. */
interface Settled {
  verdict: Verdict;
  evalId: string;
  decidedAt: string | null;
}

/** True if the same evaluation carries a decision that was made after the settled one. */
export function isDecidedAnew({ evalId, decidedAt }: Evaluation, settled: Settled): boolean {
  return evalId === settled.evalId && decidedAt !== undefined && decidedAt !== settled.decidedAt;
}

/** True if a person has decided: the verdict changed, or RiskOS repeated a final verdict with a later time. */
export function endsReview(evaluation: Evaluation, verdict: Verdict, settled: Settled): boolean {
  return verdict !== settled.verdict || (verdict !== 'review' && isDecidedAnew(evaluation, settled));
}

/**
 * True if what RiskOS says now contradicts a verdict that the funnel acted upon. A known decision,
 * such as the REVIEW before a person decided, is no contradiction.
 */
export function contradicts(
  evaluation: Evaluation,
  verdict: Verdict,
  known: string[],
  policy: Policy,
): boolean {
  if (evaluation.state !== 'completed' || evaluation.decision === undefined) return false;
  if (known.includes(evaluation.decision)) return false;
  return verdictOf(evaluation.decision, policy.verdicts).verdict !== verdict;
}
