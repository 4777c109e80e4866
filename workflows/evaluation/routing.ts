import {
  type Advice,
  type EvaluatedStage,
  type Evaluation,
  isAcceptedDocument,
  type Policy,
  ruleFor,
  type Verdict,
} from '../../src/contract/index.ts';
import type { Judgement } from './judgement.ts';

/** What a rule of the policy does to an evaluation, and which rule it is. */
interface Effect {
  effect: 'resubmit' | 'review' | 'reject';
  rule: string;
  advice?: Advice[];
}

const gravity: Record<Verdict, number> = { accept: 0, resubmit: 1, review: 2, reject: 3, cancel: 3 };

const otherDocument: Advice = {
  key: 'use_another_document',
  text: 'Use another document: this type, or its country, is not accepted.',
};

/**
 * Applies the policy's rules on documents and reason codes to an accept, review or resubmit of RiskOS. A reject is never
 * changed, and a verdict that the funnel itself has flagged never gets milder.
 */
export function route(
  judgement: Judgement,
  evaluation: Evaluation,
  stage: EvaluatedStage,
  policy: Policy,
): Judgement {
  const { verdict, flags } = judgement;
  if (verdict === 'reject' || verdict === 'cancel' || flags.includes('technical')) return judgement;
  const found = gravest([
    ...codeEffects(evaluation, stage, policy),
    ...documentEffects(evaluation, stage, policy, verdict),
  ]);
  if (!found || found.effect === verdict) {
    return found?.advice ? { ...judgement, advice: found.advice } : judgement;
  }
  if (flags.length > 0 && gravity[found.effect] < gravity[verdict]) return judgement;
  const { effect, rule, advice = judgement.advice } = found;
  return { verdict: effect, flags: [...flags, 'routed'], rule, advice };
}

/** If a step of an accepted evaluation failed, the policy decides. */
export function weighFailures(judgement: Judgement, { failedSteps }: Evaluation, policy: Policy): Judgement {
  if (judgement.verdict !== 'accept' || failedSteps.length === 0) return judgement;
  const flags = [...judgement.flags, 'enrichment_failed' as const];
  const step = failedSteps.find((one) => policy.onEnrichmentFailure[one] === 'review');
  if (step === undefined) return { ...judgement, flags };
  return { ...judgement, verdict: 'review', flags, rule: `onEnrichmentFailure.${step}` };
}

function gravest(effects: Effect[]): Effect | undefined {
  return effects.reduce<Effect | undefined>(
    (worst, one) => (worst && gravity[worst.effect] >= gravity[one.effect] ? worst : one),
    undefined,
  );
}

function codeEffects({ reasonCodes }: Evaluation, stage: EvaluatedStage, policy: Policy): Effect[] {
  const part = stage === 'selfie_reverification' ? 'reverification' : 'documents';
  const found = ruleFor(policy[part].rules, reasonCodes);
  return found ? [{ effect: found.effect, rule: `${part}.rules.${found.code}` }] : [];
}

function documentEffects(
  evaluation: Evaluation,
  stage: EvaluatedStage,
  policy: Policy,
  verdict: Verdict,
): Effect[] {
  const { accepted } = policy.documents;
  if (!accepted || stage === 'selfie_reverification' || evaluation.documentResult === undefined) return [];
  switch (isAcceptedDocument(accepted, evaluation)) {
    case 'yes':
      return [];
    case 'no':
      return [{ effect: accepted.otherwise, rule: 'documents.accepted', advice: [otherDocument] }];
    case 'unknown':
      return verdict === 'accept' ? [{ effect: 'review', rule: 'documents.accepted' }] : [];
  }
}
