import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  documentTypes,
  type EvaluatedStage,
  evaluatedStages,
  type Evaluation,
  type FailedStep,
  failedSteps,
  type Flag,
  policy,
  type RuleEffect,
  type Verdict,
  verdicts,
} from '../../src/contract/index.ts';
import type { Judgement } from '../../workflows/evaluation/judgement.ts';
import { route, weighFailures } from '../../workflows/evaluation/routing.ts';
import { evaluation } from './support/evaluation.ts';
import { property } from '../support/property.ts';

const advice = [{ key: 'glare', text: 'Avoid glare.' }];
const otherDocument = [
  {
    key: 'use_another_document',
    text: 'Use another document: this type, or its country, is not accepted.',
  },
];
const judgement = (verdict: Verdict, flags: Flag[] = []): Judgement => ({ verdict, flags, advice });
const effects = ['review', 'resubmit', 'reject'] as const satisfies readonly RuleEffect[];

/** What a rule makes of a verdict of RiskOS that nothing else speaks against. */
const ruled: Record<Verdict, Record<RuleEffect, Verdict>> = {
  accept: { review: 'review', resubmit: 'resubmit', reject: 'reject' },
  review: { review: 'review', resubmit: 'resubmit', reject: 'reject' },
  resubmit: { review: 'review', resubmit: 'resubmit', reject: 'reject' },
  reject: { review: 'reject', resubmit: 'reject', reject: 'reject' },
  cancel: { review: 'cancel', resubmit: 'cancel', reject: 'cancel' },
};

/** The same where the funnel has found something itself: it never gets milder. */
const ruledWithFlag: typeof ruled = {
  ...ruled,
  review: { review: 'review', resubmit: 'review', reject: 'reject' },
};

const everyEffect = verdicts.flatMap((verdict) => effects.map((effect) => [verdict, effect] as const));

describe('a rule on a reason code', () => {
  const rulesOf = (part: 'documents' | 'reverification', effect: RuleEffect) =>
    policy.parse({ [part]: { rules: { R831: effect } } });
  const met = evaluation({ reasonCodes: ['I100', 'R831'] });

  it.each(everyEffect)('%s, rule %s', (verdict, effect) => {
    const after = ruled[verdict][effect];
    const changed = { verdict: after, flags: ['routed'], rule: 'documents.rules.R831', advice };
    expect(
      route(judgement(verdict), met, 'document_verification', rulesOf('documents', effect)),
    ).toStrictEqual(after === verdict ? judgement(verdict) : changed);
  });

  it.each(everyEffect)('%s with a flag, rule %s', (verdict, effect) => {
    const after = ruledWithFlag[verdict][effect];
    const before = judgement(verdict, ['risk']);
    const changed = { verdict: after, flags: ['risk', 'routed'], rule: 'documents.rules.R831', advice };
    expect(route(before, met, 'document_verification', rulesOf('documents', effect))).toStrictEqual(
      after === verdict ? before : changed,
    );
  });

  it.each(everyEffect)('%s by a failure of RiskOS, rule %s: stays', (verdict, effect) => {
    const before = judgement(verdict, ['technical']);
    expect(route(before, met, 'document_verification', rulesOf('documents', effect))).toStrictEqual(before);
  });

  /** Which part of the policy has the rules of a stage. */
  const partOf: Record<EvaluatedStage, 'documents' | 'reverification'> = {
    passive_check: 'documents',
    document_verification: 'documents',
    selfie_reverification: 'reverification',
    payroll_setup: 'documents',
  };

  it.each(evaluatedStages)('counts at %s only in its own part of the policy', (stage) => {
    const own = partOf[stage];
    const other = own === 'documents' ? 'reverification' : 'documents';
    expect(route(judgement('accept'), met, stage, rulesOf(own, 'reject'))).toMatchObject({
      verdict: 'reject',
      rule: `${own}.rules.R831`,
    });
    expect(route(judgement('accept'), met, stage, rulesOf(other, 'reject'))).toStrictEqual(
      judgement('accept'),
    );
  });
});

describe('a rule on documents', () => {
  const withRule = (otherwise: RuleEffect, more: object = {}) =>
    policy.parse({ documents: { accepted: { types: ['Passport'], otherwise }, ...more } });

  it.each(everyEffect)('%s of another document, otherwise %s', (verdict, effect) => {
    const after = ruled[verdict][effect];
    const found = evaluation({ documentType: 'Visa' });
    const unchanged =
      verdict === 'reject' || verdict === 'cancel'
        ? judgement(verdict)
        : { ...judgement(verdict), advice: otherDocument };
    expect(route(judgement(verdict), found, 'document_verification', withRule(effect))).toStrictEqual(
      after === verdict
        ? unchanged
        : { verdict: after, flags: ['routed'], rule: 'documents.accepted', advice: otherDocument },
    );
  });

  it.each(everyEffect)('%s of an accepted document, otherwise %s: stays', (verdict, effect) => {
    const found = evaluation({ documentType: 'Passport' });
    expect(route(judgement(verdict), found, 'document_verification', withRule(effect))).toStrictEqual(
      judgement(verdict),
    );
  });

  it.each(everyEffect)(
    '%s of a document of unknown type, otherwise %s: a person looks at an accept',
    (verdict, effect) => {
      const routed = { verdict: 'review', flags: ['routed'], rule: 'documents.accepted', advice };
      expect(
        route(judgement(verdict), evaluation(), 'document_verification', withRule(effect)),
      ).toStrictEqual(verdict === 'accept' ? routed : judgement(verdict));
    },
  );

  const looked: Record<EvaluatedStage, boolean> = {
    passive_check: true,
    document_verification: true,
    selfie_reverification: false,
    payroll_setup: true,
  };

  it.each(evaluatedStages)('at %s', (stage) => {
    const found = evaluation({ documentType: 'Visa' });
    const { verdict } = route(judgement('accept'), found, stage, withRule('reject'));
    expect(verdict).toBe(looked[stage] ? 'reject' : 'accept');
  });

  it('says nothing of an evaluation without a document result, nor without a rule', () => {
    const { documentResult: _none, ...without } = evaluation({ documentType: 'Visa' });
    expect(route(judgement('accept'), without, 'document_verification', withRule('reject'))).toStrictEqual(
      judgement('accept'),
    );
    expect(
      route(
        judgement('accept'),
        evaluation({ documentType: 'Visa' }),
        'document_verification',
        policy.parse({}),
      ),
    ).toStrictEqual(judgement('accept'));
  });

  it.each<[RuleEffect, RuleEffect, RuleEffect, 'code' | 'document']>([
    ['review', 'resubmit', 'review', 'code'],
    ['resubmit', 'review', 'review', 'document'],
    ['reject', 'review', 'reject', 'code'],
    ['review', 'reject', 'reject', 'document'],
    // Of two that are equally grave the code counts: it names the reason.
    ['reject', 'reject', 'reject', 'code'],
  ])('beside one on a code, %s and %s: %s, by the %s', (byCode, byDocument, effect, by) => {
    const both = withRule(byDocument, { rules: { R831: byCode } });
    const found = evaluation({ documentType: 'Visa', reasonCodes: ['R831'] });
    expect(route(judgement('accept'), found, 'document_verification', both)).toStrictEqual({
      verdict: effect,
      flags: ['routed'],
      rule: by === 'code' ? 'documents.rules.R831' : 'documents.accepted',
      advice: by === 'code' ? advice : otherDocument,
    });
  });
});

describe('a failed step of an accept', () => {
  /** What follows without a word of the policy. A new step without a row does not compile. */
  const byDefault: Record<FailedStep, Verdict> = {
    document_request: 'review',
    document_verification: 'review',
    selfie_reverification: 'review',
    digital_intelligence: 'accept',
    other: 'accept',
  };

  it.each(failedSteps)('%s', (step) => {
    const found = evaluation({ failedSteps: [step] });
    const flags = ['no_baseline', 'enrichment_failed'];
    const reviewed = { verdict: 'review', flags, advice, rule: `onEnrichmentFailure.${step}` };
    const accepted = { verdict: 'accept', flags, advice };
    const before = judgement('accept', ['no_baseline']);
    const follows = (setting: object) =>
      weighFailures(before, found, policy.parse({ onEnrichmentFailure: setting }));
    expect(follows({})).toStrictEqual(byDefault[step] === 'review' ? reviewed : accepted);
    expect(follows({ [step]: 'review' })).toStrictEqual(reviewed);
    expect(follows({ [step]: 'ignore' })).toStrictEqual(accepted);
  });

  it('goes to a person if one of several does', () => {
    const found = evaluation({ failedSteps: ['other', 'digital_intelligence', 'document_request'] });
    expect(weighFailures(judgement('accept'), found, policy.parse({}))).toMatchObject({
      verdict: 'review',
      rule: 'onEnrichmentFailure.document_request',
    });
  });

  it.each(verdicts.filter((verdict) => verdict !== 'accept'))('changes nothing of a %s', (verdict) => {
    const found = evaluation({ failedSteps: [...failedSteps] });
    expect(weighFailures(judgement(verdict), found, policy.parse({}))).toStrictEqual(judgement(verdict));
  });

  it('that did not fail changes nothing', () => {
    expect(weighFailures(judgement('accept'), evaluation(), policy.parse({}))).toStrictEqual(
      judgement('accept'),
    );
  });
});

const gravity: Record<Verdict, number> = { accept: 0, resubmit: 1, review: 2, reject: 3, cancel: 3 };
const codes = ['R831', 'R836', 'I849', 'R810'] as const;
const types = documentTypes.slice(0, 4);
const effect = fc.constantFrom(...effects);
const anyPolicy = fc
  .record({
    rules: fc.dictionary(fc.constantFrom(...codes), effect),
    selfieRules: fc.dictionary(fc.constantFrom(...codes), effect),
    accepted: fc.option(fc.record({ types: fc.subarray(types, { minLength: 1 }), otherwise: effect }), {
      nil: undefined,
    }),
    onEnrichmentFailure: fc.dictionary(fc.constantFrom(...failedSteps), fc.constantFrom('ignore', 'review')),
  })
  .map(({ rules, selfieRules, accepted, onEnrichmentFailure }) =>
    policy.parse({
      documents: { rules, ...(accepted ? { accepted } : {}) },
      reverification: { rules: selfieRules },
      onEnrichmentFailure,
    }),
  );
const anyEvaluation: fc.Arbitrary<Evaluation> = fc
  .record({
    reasonCodes: fc.subarray([...codes, 'I100']),
    documentType: fc.constantFrom(...types, 'Library Card'),
    failedSteps: fc.subarray([...failedSteps]),
    has: fc.record({ type: fc.boolean(), result: fc.boolean() }),
  })
  .map(({ has, documentType, ...more }) => {
    const { documentResult: _result, ...bare } = evaluation(more);
    return {
      ...bare,
      ...(has.type ? { documentType } : {}),
      ...(has.result ? { documentResult: 'accepted' as const } : {}),
    };
  });
const ownFlags = ['technical', 'risk', 'other_reference', 'no_document_result', 'no_baseline'] as const;
const anyJudgement = fc.record({
  verdict: fc.constantFrom(...verdicts),
  flags: fc.subarray<Flag>([...ownFlags]),
  advice: fc.constant(advice),
});
const anyStage = fc.constantFrom(...evaluatedStages);

describe('whatever the policy says', () => {
  property([anyJudgement, anyEvaluation, anyStage, anyPolicy])(
    'no rule improves a verdict that the funnel or RiskOS holds against the candidate',
    (before, found, stage, rules) => {
      const after = weighFailures(route(before, found, stage, rules), found, rules);
      // Never an accept out of something else, never anything out of a reject or cancel.
      if (before.verdict !== 'accept') expect(after.verdict).not.toBe('accept');
      if (before.verdict === 'reject' || before.verdict === 'cancel') expect(after).toStrictEqual(before);
      if (before.flags.length > 0)
        expect(gravity[after.verdict]).toBeGreaterThanOrEqual(gravity[before.verdict]);
      // No flag is lost, and a verdict that changed says by which rule.
      expect(after.flags.slice(0, before.flags.length)).toEqual(before.flags);
      if (after.verdict !== before.verdict)
        expect(after.rule).toMatch(/^(documents|reverification|onEnrichmentFailure)\./);
    },
  );

  property([anyJudgement, anyEvaluation, anyStage, anyPolicy])(
    'routing twice is routing once',
    (before, found, stage, rules) => {
      const once = route(before, found, stage, rules);
      const twice = route(once, found, stage, rules);
      expect(twice.verdict).toBe(once.verdict);
      expect(twice.flags).toEqual(once.flags);
    },
  );
});
