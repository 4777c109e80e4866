import { isDeepStrictEqual } from 'node:util';
import { describe, expect, it } from 'vitest';
import {
  type EvaluatedStage,
  evaluatedStages,
  type Evaluation,
  type Flag,
  type Policy,
  policy,
  type Verdict,
  verdicts,
} from '../../src/contract/index.ts';
import { contradicts, endsReview, isDecidedAnew, judge } from '../../workflows/evaluation/judge.ts';
import { evaluation } from './support/evaluation.ts';

/** What a judgement depends on, and each value that it can have. */
const dimensions = {
  decision: ['ACCEPT', 'APPROVE', 'REVIEW', 'REJECT', 'DECLINE', 'RESUBMIT', 'CANCEL', 'PERHAPS', undefined],
  stage: evaluatedStages,
  technical: [false, true],
  risk: [false, true],
  byReviewer: [false, true],
  documentResult: [undefined, 'accepted', 'not_accepted'],
  referenceId: [undefined, 'reference-2'],
  compared: ['same', 'different', 'unknown', 'no baseline'],
} as const;

type Dimension = keyof typeof dimensions;
type Case = { [Name in Dimension]: (typeof dimensions)[Name][number] };
type When = { [Name in Dimension]?: readonly Case[Name][] };

function product(): Case[] {
  const all: Case[] = [];
  for (const decision of dimensions.decision)
    for (const stage of dimensions.stage)
      for (const technical of dimensions.technical)
        for (const risk of dimensions.risk)
          for (const byReviewer of dimensions.byReviewer)
            for (const documentResult of dimensions.documentResult)
              for (const referenceId of dimensions.referenceId)
                for (const compared of dimensions.compared)
                  all.push({
                    decision,
                    stage,
                    technical,
                    risk,
                    byReviewer,
                    documentResult,
                    referenceId,
                    compared,
                  });
  return all;
}

function isMet(when: When, one: Case): boolean {
  const values = new Map<string, unknown>(Object.entries(one));
  return Object.entries(when).every(([name, wanted]) => wanted.some((value) => value === values.get(name)));
}

interface Row {
  name: string;
  when: When;
  verdict: Verdict | 'by policy';
  flags: Flag[];
}

const accept = ['ACCEPT', 'APPROVE'] as const;
const reject = ['REJECT', 'DECLINE'] as const;
const some = ['accepted', 'not_accepted'] as const;
const documents = ['document_verification'] as const;
const selfie = ['selfie_reverification'] as const;
const yes = [true] as const;
const no = [false] as const;

/** Every case is in exactly one row. */
const rows: Row[] = [
  {
    name: 'an accept of checks that look at no document',
    when: { decision: accept, stage: ['passive_check', 'payroll_setup'] },
    verdict: 'accept',
    flags: [],
  },
  {
    name: 'an accept of documents with a reference',
    when: { decision: accept, stage: documents, documentResult: some, referenceId: ['reference-2'] },
    verdict: 'accept',
    flags: [],
  },
  {
    name: 'an accept of documents without a reference, which no selfie can be compared with',
    when: { decision: accept, stage: documents, documentResult: some, referenceId: [undefined] },
    verdict: 'accept',
    flags: ['no_baseline'],
  },
  {
    name: 'an accept although no document was verified',
    when: { decision: accept, stage: documents, documentResult: [undefined], byReviewer: no },
    verdict: 'review',
    flags: ['no_document_result'],
  },
  {
    name: 'the same by a reviewer, with a reference',
    when: {
      decision: accept,
      stage: documents,
      documentResult: [undefined],
      byReviewer: yes,
      referenceId: ['reference-2'],
    },
    verdict: 'accept',
    flags: [],
  },
  {
    name: 'the same by a reviewer, without a reference',
    when: {
      decision: accept,
      stage: documents,
      documentResult: [undefined],
      byReviewer: yes,
      referenceId: [undefined],
    },
    verdict: 'accept',
    flags: ['no_baseline'],
  },
  {
    name: 'an accepted selfie that was compared with the reference that was sent',
    when: { decision: accept, stage: selfie, compared: ['same'] },
    verdict: 'accept',
    flags: [],
  },
  {
    name: 'an accepted selfie that was compared with another reference, with an unknown one, or with none; also by a reviewer',
    when: { decision: accept, stage: selfie, compared: ['different', 'unknown', 'no baseline'] },
    verdict: 'review',
    flags: ['other_reference'],
  },
  { name: 'a review', when: { decision: ['REVIEW'] }, verdict: 'review', flags: [] },
  {
    name: 'a reject for a failure of RiskOS and nothing else',
    when: { decision: reject, technical: yes, documentResult: [undefined], risk: no, byReviewer: no },
    verdict: 'review',
    flags: ['technical'],
  },
  {
    name: 'the same by a reviewer',
    when: { decision: reject, technical: yes, documentResult: [undefined], risk: no, byReviewer: yes },
    verdict: 'reject',
    flags: [],
  },
  {
    name: 'a reject for a failure, of a candidate with a mark of fraud',
    when: { decision: reject, technical: yes, documentResult: [undefined], risk: yes },
    verdict: 'reject',
    flags: [],
  },
  {
    name: 'a reject for a failure, of a candidate with a document result',
    when: { decision: reject, technical: yes, documentResult: some },
    verdict: 'reject',
    flags: [],
  },
  {
    name: 'a reject without a failure',
    when: { decision: reject, technical: no },
    verdict: 'reject',
    flags: [],
  },
  {
    name: 'a cancel for a failure of RiskOS',
    when: { decision: ['CANCEL'], technical: yes },
    verdict: 'cancel',
    flags: ['technical'],
  },
  {
    name: 'a cancel without a failure',
    when: { decision: ['CANCEL'], technical: no },
    verdict: 'cancel',
    flags: [],
  },
  {
    name: 'a resubmit for a failure of RiskOS, whatever else it says',
    when: { decision: ['RESUBMIT'], technical: yes },
    verdict: 'resubmit',
    flags: ['technical'],
  },
  {
    name: 'a resubmit of a candidate with a mark of fraud',
    when: { decision: ['RESUBMIT'], technical: no, risk: yes, byReviewer: no },
    verdict: 'by policy',
    flags: ['risk'],
  },
  {
    name: 'the same by a reviewer',
    when: { decision: ['RESUBMIT'], technical: no, risk: yes, byReviewer: yes },
    verdict: 'resubmit',
    flags: [],
  },
  {
    name: 'a resubmit without such a mark',
    when: { decision: ['RESUBMIT'], technical: no, risk: no },
    verdict: 'resubmit',
    flags: [],
  },
  {
    name: 'a word that nobody knows, and none',
    when: { decision: ['PERHAPS', undefined] },
    verdict: 'review',
    flags: ['unknown_decision'],
  },
];

/** The verdict on a mark of fraud, by `policy.documents.onRisk`. */
const onRisk = (['review', 'close', 'next_attempt'] as const).map((setting) => ({
  verdict: ({ review: 'review', close: 'reject', next_attempt: 'resubmit' } as const)[setting],
  policy: policy.parse({ documents: { onRisk: setting } }),
}));
const baseline = { referenceId: 'reference-1' };
const previous: Record<Case['compared'], string | undefined> = {
  same: 'reference-1',
  different: 'reference-9',
  unknown: undefined,
  'no baseline': 'reference-1',
};
const cases = product();

/** A field that is `undefined` is absent, as it is in what an activity answers. */
function evaluationOf({
  decision,
  technical,
  risk,
  documentResult,
  referenceId,
  compared,
}: Case): Evaluation {
  const given = {
    decision,
    technical,
    risk,
    documentResult,
    referenceId,
    previousReferenceId: previous[compared],
  };
  const { decision: _word, documentResult: _result, referenceId: _reference, ...bare } = evaluation();
  return { ...bare, ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) };
}

function judged(one: Case, rules: Policy) {
  return judge(evaluationOf(one), {
    stage: one.stage,
    baseline: one.compared === 'no baseline' ? null : baseline,
    policy: rules,
    byReviewer: one.byReviewer,
  });
}

describe('a judgement', () => {
  it('is in the table for every case, and only once', () => {
    const doubtful = cases.filter((one) => rows.filter(({ when }) => isMet(when, one)).length !== 1);
    expect(doubtful).toEqual([]);
  });

  it.each(rows)('of $name: $verdict, $flags', ({ when, verdict, flags }) => {
    const met = cases.filter((one) => isMet(when, one));
    expect(met.length).toBeGreaterThan(0);
    const wrong = met.flatMap((one) =>
      onRisk.flatMap((setting) => {
        const expected =
          verdict === 'by policy'
            ? { verdict: setting.verdict, flags, rule: 'documents.onRisk', advice: [] }
            : { verdict, flags, advice: [] };
        const judgement = judged(one, setting.policy);
        return isDeepStrictEqual(judgement, expected) ? [] : [{ one, expected, judgement }];
      }),
    );
    expect(wrong).toEqual([]);
  });

  it("takes the policy's words, and passes the advice on", () => {
    const advice = [{ key: 'glare', text: 'Avoid glare.' }];
    const circumstances = {
      stage: 'document_verification' as const,
      baseline: null,
      policy: policy.parse({ verdicts: { 'needs info': 'resubmit', ACCEPT: 'reject' } }),
      byReviewer: false,
    };
    expect(judge(evaluation({ decision: 'NEEDS INFO', advice }), circumstances)).toStrictEqual({
      verdict: 'resubmit',
      flags: [],
      advice,
    });
    expect(judge(evaluation(), circumstances).verdict).toBe('reject');
  });
});

describe('the rules of the policy', () => {
  const strict = policy.parse({
    documents: { rules: { R831: 'reject' }, accepted: { types: ['Passport'], otherwise: 'reject' } },
    onEnrichmentFailure: { other: 'review' },
  });
  const judgedBy = (byReviewer: boolean, more: Partial<Evaluation>) =>
    judge(evaluation(more), {
      stage: 'document_verification',
      baseline: null,
      policy: strict,
      byReviewer,
    });

  it.each<[string, Partial<Evaluation>, Verdict, string]>([
    ['a reason code', { documentType: 'Passport', reasonCodes: ['R831'] }, 'reject', 'documents.rules.R831'],
    ['a document', { documentType: 'Visa' }, 'reject', 'documents.accepted'],
    [
      'a failed step',
      { documentType: 'Passport', failedSteps: ['other'] },
      'review',
      'onEnrichmentFailure.other',
    ],
  ])('count for %s, and no longer once a person has decided', (_what, more, verdict, rule) => {
    expect(judgedBy(false, more)).toMatchObject({ verdict, rule });
    expect(judgedBy(true, more)).toStrictEqual({ verdict: 'accept', flags: [], advice: [] });
  });

  it('weigh a failed step only if the rules on codes and documents leave the accept as it is', () => {
    expect(judgedBy(false, { documentType: 'Visa', failedSteps: ['other'] })).toStrictEqual({
      verdict: 'reject',
      flags: ['routed'],
      rule: 'documents.accepted',
      advice: [
        {
          key: 'use_another_document',
          text: 'Use another document: this type, or its country, is not accepted.',
        },
      ],
    });
  });
});

describe('a decision made anew', () => {
  const settled = { verdict: 'review', evalId: 'eval-1', decidedAt: '2030-01-01T00:00:00.000Z' } as const;
  const later = '2030-01-02T00:00:00.000Z';

  it.each<[string, Partial<Evaluation>, string | null, boolean]>([
    ['at another time', { decidedAt: later }, settled.decidedAt, true],
    ['at a time, where none was known', { decidedAt: later }, null, true],
    ['at the same time', {}, settled.decidedAt, false],
    ['of another evaluation', { evalId: 'eval-2', decidedAt: later }, settled.decidedAt, false],
  ])('%s', (_when, more, decidedAt, expected) => {
    expect(isDecidedAnew(evaluation(more), { ...settled, decidedAt })).toBe(expected);
  });

  it('is none without a time', () => {
    const { decidedAt: _at, ...timeless } = evaluation();
    expect(isDecidedAnew(timeless, settled)).toBe(false);
    expect(isDecidedAnew(timeless, { ...settled, decidedAt: null })).toBe(false);
  });

  it.each(verdicts.flatMap((before) => verdicts.map((after) => [before, after] as const)))(
    'after %s, as %s',
    (before, after) => {
      const of = { ...settled, verdict: before };
      const isOther = before !== after;
      // Another verdict ends a review whenever it was made; the same one if it was made later, and leaves nothing open.
      expect(endsReview(evaluation(), after, of)).toBe(isOther);
      expect(endsReview(evaluation({ decidedAt: later }), after, of)).toBe(isOther || after !== 'review');
      expect(endsReview(evaluation({ evalId: 'eval-2', decidedAt: later }), after, of)).toBe(isOther);
    },
  );
});

describe('a contradiction', () => {
  const words: Record<Verdict, string> = {
    accept: 'ACCEPT',
    review: 'REVIEW',
    reject: 'REJECT',
    resubmit: 'RESUBMIT',
    cancel: 'CANCEL',
  };
  const { verdicts: _none, ...rest } = policy.parse({});
  const plain = { ...rest, verdicts: {} };

  it.each(verdicts.flatMap((said) => verdicts.map((settled) => [said, settled] as const)))(
    'RiskOS says %s of what was settled as %s',
    (said, settled) => {
      const now = evaluation({ decision: words[said] });
      expect(contradicts(now, settled, [], plain)).toBe(said !== settled);
      expect(contradicts(now, settled, [words[said]], plain)).toBe(false);
      expect(contradicts(now, settled, ['OTHER'], plain)).toBe(said !== settled);
    },
  );

  it('is none while RiskOS has no decision', () => {
    const { decision: _word, ...undecided } = evaluation();
    expect(contradicts(undecided, 'reject', [], plain)).toBe(false);
    expect(contradicts(evaluation({ state: 'in_progress' }), 'reject', [], plain)).toBe(false);
    expect(contradicts(evaluation({ state: 'paused' }), 'reject', [], plain)).toBe(false);
  });

  it("is read with the policy's words", () => {
    const mapped = { ...plain, verdicts: { PASSED: 'accept' as const } };
    expect(contradicts(evaluation({ decision: 'PASSED' }), 'accept', [], mapped)).toBe(false);
    expect(contradicts(evaluation({ decision: 'PASSED' }), 'accept', [], plain)).toBe(true);
  });
});

const everyStage: Record<EvaluatedStage, Verdict> = {
  passive_check: 'accept',
  document_verification: 'review',
  selfie_reverification: 'review',
  payroll_setup: 'accept',
};

it.each(evaluatedStages)('an ACCEPT that rests on nothing, at %s', (stage) => {
  const { documentResult: _result, referenceId: _reference, ...bare } = evaluation();
  const circumstances = { stage, baseline: null, policy: policy.parse({}), byReviewer: false };
  expect(judge(bare, circumstances).verdict).toBe(everyStage[stage]);
});

describe('a capture link that expired', () => {
  const flagsOf = (decision: string, more: Partial<Evaluation>): Flag[] =>
    judge(evaluation({ decision, linkExpired: true, ...more }), {
      stage: 'document_verification',
      baseline: null,
      policy: policy.parse({}),
      byReviewer: false,
    }).flags;

  it.each(['RESUBMIT', 'CANCEL'])('is the attempt of the candidate, at %s', (decision) => {
    expect(flagsOf(decision, {})).toEqual(['link_expired']);
    expect(flagsOf(decision, { technical: true })).toEqual(['technical']);
  });
});
