import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { comparedWith, type RiskosProblem } from '../../src/contract/index.ts';
import { interpretEvaluation } from '../../src/riskos/answers.ts';
import { RiskosError } from '../../src/riskos/errors.ts';
import {
  answer,
  baselineId,
  captureRequest,
  captureToken,
  captureUrl,
  completed,
  evalId,
  evaluationId,
  imageRequest,
  type Json,
  paused,
  selfie,
  verification,
} from './support/answers.ts';
import { thrownBy } from './support/thrown.ts';
import { property } from '../support/property.ts';

describe('an accepted document verification', () => {
  it('is reduced to exactly what the funnel needs', () => {
    const data_enrichments = [captureRequest(), verification(), imageRequest()];
    expect(interpretEvaluation(completed({ data_enrichments }))).toEqual({
      evaluationId,
      evalId,
      state: 'completed',
      failed: false,
      decision: 'ACCEPT',
      decidedAt: '2026-03-02T10:00:00.923Z',
      transactionToken: captureToken,
      referenceId: baselineId,
      documentResult: 'accepted',
      documentType: 'Drivers License',
      documentCountry: 'USA',
      documentState: 'OR',
      moduleDecision: 'ACCEPT',
      digitalIntelligenceDecision: 'ACCEPT',
      reasonCodes: ['I831', 'I836', 'I401'],
      advice: [],
      risk: false,
      failedSteps: [],
      technical: false,
      tags: [],
      reviewQueues: [],
      workflow: { name: 'workforce_verification', version: '3.1.0' },
      evalSource: 'API',
    });
  });

  it('gives the token of the capture that was verified, when there were several', () => {
    const other = captureRequest({ response: { data: { url: captureUrl, docvTransactionToken: 'later' } } });
    const data_enrichments = [captureRequest(), verification(), other];
    expect(interpretEvaluation(completed({ data_enrichments })).transactionToken).toBe(captureToken);
  });

  it.each([
    ['Military', 'Military'],
    ['Carte d’identité', undefined],
    ["Carte d'identité", "Carte d'identité"],
    ['x'.repeat(81), undefined],
    ['<b>License</b>', undefined],
    [7, undefined],
    [null, undefined],
  ])('passes the document type %j on as %j', (type, expected) => {
    const data_enrichments = [verification({ documentType: { type } })];
    expect(interpretEvaluation(completed({ data_enrichments })).documentType).toBe(expected);
  });
});

describe('what a paused evaluation waits for', () => {
  it.each<[string, Json, Json]>([
    ['a capture', { data_enrichments: [captureRequest()] }, { pausedFor: 'capture', url: captureUrl }],
    ['a one-time code', { sub_status: 'Awaiting Customer OTP' }, { pausedFor: 'one_time_code' }],
    ['more information', { sub_status: 'More information needed' }, { pausedFor: 'more_information' }],
    [
      'a Hosted Flow',
      { redirect_uri: 'https://flow.example/x' },
      { pausedFor: 'hosted_flow', url: 'https://flow.example/x' },
    ],
    ['something unknown', { sub_status: 'Waiting for the moon' }, { pausedFor: 'unknown' }],
    [
      'RiskOS, once the capture is done',
      {
        data_enrichments: [
          captureRequest({ response: { status: 'SESSION_COMPLETE', data: { url: captureUrl } } }),
        ],
      },
      { pausedFor: 'unknown' },
    ],
    [
      'a one-time code after a capture',
      { sub_status: 'Awaiting Customer OTP', data_enrichments: [captureRequest()] },
      { pausedFor: 'one_time_code' },
    ],
    [
      'the later of two captures',
      {
        data_enrichments: [
          captureRequest({ response: { data: { url: 'https://old.example/' } } }),
          captureRequest(),
        ],
      },
      { pausedFor: 'capture', url: captureUrl },
    ],
  ])('is %s', (_, changes, expected) => {
    const evaluation = interpretEvaluation(paused(changes));
    expect(evaluation).toMatchObject({ state: 'paused', ...expected });
    expect('url' in evaluation).toBe('url' in expected);
  });

  it('is said of a paused one only', () => {
    const evaluation = interpretEvaluation(completed({ data_enrichments: [captureRequest()] }));
    expect(evaluation).not.toHaveProperty('pausedFor');
    expect(evaluation).not.toHaveProperty('url');
  });

  it.each([
    undefined,
    null,
    '',
    'data:image/png;base64,AAAA',
    'javascript:alert(1)',
    'not a url',
    `https://verify.example/${'x'.repeat(2048)}`,
    7,
  ])('is a named error when the capture link is %j', (url) => {
    const data_enrichments = [captureRequest({ response: { data: { url } } })];
    const error = thrownBy(() => interpretEvaluation(paused({ data_enrichments })));
    expect(error).toMatchObject({ type: 'IncompleteAnswer', fields: ['capture link'], evalId });
  });

  it('is a named error when the link of a Hosted Flow is none', () => {
    const error = thrownBy(() => interpretEvaluation(paused({ redirect_uri: 'javascript:alert(1)' })));
    expect(error).toMatchObject({ type: 'IncompleteAnswer', fields: ['redirect_uri'], evalId });
  });
});

describe('reason codes', () => {
  it('come from all modules, once each, those of the capture first', () => {
    const fraud = {
      enrichment_provider: 'Socure',
      response: { fraud: { reasonCodes: ['I555', 'R207'] }, kycPlus: { reasonCodes: ['I919', 'I555'] } },
    };
    const evaluation = interpretEvaluation(
      completed({ data_enrichments: [fraud, verification()], reason_codes: ['R999', 'I836'] }),
    );
    expect(evaluation.reasonCodes).toEqual(['I831', 'I836', 'I401', 'I555', 'R207', 'I919', 'R999']);
  });

  it('are only what looks like one', () => {
    const reasonCodes = [' r831 ', 'robin.quill@example.com', 7, null, ['R804'], 'R', 'I8311111', 'R804'];
    const data_enrichments = [verification({ reasonCodes, digitalIntelligence: null })];
    expect(interpretEvaluation(completed({ data_enrichments })).reasonCodes).toEqual(['R831', 'R804']);
  });

  it('are bounded', () => {
    const reasonCodes = Array.from({ length: 9000 }, (_, index) => `R${1000 + index}`);
    const data_enrichments = [verification({ reasonCodes })];
    expect(interpretEvaluation(completed({ data_enrichments })).reasonCodes).toHaveLength(200);
  });

  it('give advice, and none where one of them marks fraud', () => {
    const advised = interpretEvaluation(
      completed({
        decision: 'RESUBMIT',
        data_enrichments: [verification({ reasonCodes: ['R831', 'R850'] })],
      }),
    );
    expect(advised.advice.map(({ key }) => key)).toEqual(['retake_document_photo', 'retake_selfie']);
    expect(advised.risk).toBe(false);
    const fraudulent = interpretEvaluation(
      completed({
        decision: 'RESUBMIT',
        data_enrichments: [verification({ reasonCodes: ['R831', 'R810'] })],
      }),
    );
    expect(fraudulent).toMatchObject({ advice: [], risk: true });
  });
});

describe('the comparison of a selfie', () => {
  const of = (previousReferenceId: unknown): 'same' | 'different' | 'unknown' =>
    comparedWith(
      { referenceId: baselineId },
      interpretEvaluation(completed({ data_enrichments: [selfie({ previousReferenceId })] })),
    );

  it('is with the baseline that was sent, with another one, or unknown', () => {
    expect(of(baselineId)).toBe('same');
    expect(of('another-reference')).toBe('different');
    expect(of(undefined)).toBe('unknown');
    expect(of(null)).toBe('unknown');
    expect(of('not an id of RiskOS!')).toBe('unknown');
  });
});

describe('whatever RiskOS sends', () => {
  const allowedKeys = [
    'advice',
    'decidedAt',
    'decision',
    'digitalIntelligenceDecision',
    'documentCountry',
    'documentResult',
    'documentState',
    'documentType',
    'evalId',
    'evalSource',
    'evaluationId',
    'failed',
    'failedSteps',
    'linkExpired',
    'moduleDecision',
    'pausedFor',
    'previousReferenceId',
    'reasonCodes',
    'referenceId',
    'reviewQueues',
    'reviewedReference',
    'risk',
    'score',
    'state',
    'tags',
    'technical',
    'transactionToken',
    'unknownDecision',
    'url',
    'workflow',
  ];

  const refusals: RiskosProblem[] = ['MalformedAnswer', 'IncompleteAnswer', 'ErrorInAnswer'];

  /** What is wrong with the way it was taken. */
  function faultOf(raw: unknown): string | undefined {
    try {
      const evaluation = interpretEvaluation(raw);
      const { state, decision, pausedFor, url, technical, linkExpired } = evaluation;
      if (Object.keys(evaluation).some((key) => !allowedKeys.includes(key))) return 'another key';
      if (JSON.stringify(evaluation).length > 20_000) return 'too long';
      if (technical && linkExpired) return 'both failures at once';
      if ((state === 'completed') !== (decision !== undefined)) return 'a decision too many or too few';
      return pausedFor === 'capture' && !url?.startsWith('https:') ? 'no link' : undefined;
    } catch (error) {
      return error instanceof RiskosError && refusals.includes(error.type) ? undefined : String(error);
    }
  }

  property([fc.anything({ withNullPrototype: true, withBigInt: true })])(
    'is interpreted or refused by name',
    (raw) => {
      expect(faultOf(raw)).toBeUndefined();
    },
  );

  const anyJson = fc.jsonValue({ maxDepth: 3 });
  const words = fc.constantFrom(
    'evaluation_paused',
    'evaluation_completed',
    'evaluation_in_progress',
    'SocureDocRequest',
    'SESSION_COMPLETE',
    captureUrl,
    'ACCEPT',
    'R831',
    'docv_error',
    'session expired',
    'evaluation_failed',
    500,
    null,
    '',
  );
  const strange = fc.oneof({ weight: 2, arbitrary: words }, anyJson);
  const module = fc.record(
    {
      decision: fc.oneof(strange, fc.record({ value: strange })),
      documentType: fc.oneof(strange, fc.record({ type: strange, country: strange, state: strange })),
      reasonCodes: fc.oneof(strange, fc.array(strange)),
      previousReferenceId: strange,
      digitalIntelligence: fc.oneof(strange, fc.record({ reasonCodes: strange, decision: strange })),
    },
    { requiredKeys: [] },
  );
  const enrichment = fc.record(
    {
      enrichment_provider: strange,
      enrichment_name: strange,
      status_code: strange,
      error: strange,
      error_message: strange,
      request: fc.oneof(strange, fc.record({ docvTransactionToken: strange })),
      response: fc.oneof(
        strange,
        fc.record(
          {
            referenceId: strange,
            status: strange,
            data: fc.oneof(strange, fc.record({ url: strange, docvTransactionToken: strange })),
            documentVerification: fc.oneof(strange, module),
            selfieReverification: fc.oneof(strange, module),
            digitalIntelligence: fc.oneof(strange, module),
          },
          { requiredKeys: [] },
        ),
      ),
    },
    { requiredKeys: [] },
  );
  const nearlyRight = fc.record(
    {
      id: fc.oneof({ weight: 4, arbitrary: fc.constant<unknown>(evaluationId) }, strange),
      eval_id: fc.oneof({ weight: 4, arbitrary: fc.constant<unknown>(evalId) }, strange),
      eval_status: strange,
      evaluation_status: strange,
      decision: strange,
      decision_at: strange,
      sub_status: strange,
      redirect_uri: strange,
      status: strange,
      error_message: strange,
      score: strange,
      workflow: strange,
      workflow_version: strange,
      eval_source: strange,
      review_queues: fc.oneof(strange, fc.array(strange)),
      tags: fc.oneof(strange, fc.array(strange)),
      reason_codes: fc.oneof(strange, fc.array(strange)),
      environment_name: strange,
      data_enrichments: fc.oneof(strange, fc.array(fc.oneof(enrichment, strange))),
    },
    { requiredKeys: ['id', 'eval_id'] },
  );

  property([nearlyRight])('is interpreted or refused by name when it is nearly right', (raw) => {
    expect(faultOf(raw)).toBeUndefined();
  });

  property([fc.string({ minLength: 8 }), fc.constantFrom('evaluation_completed', 'evaluation_paused')])(
    'lets no personal data, free text or QR code through',
    (text, eval_status) => {
      // A label may hold a colon, never a character of an e-mail address or of markup.
      const canary = `CANARY: <${text}>@`;
      const hidden = (value: Json): Json => ({
        ...value,
        notes: canary,
        sub_status: canary,
        custom: { canary },
      });
      const raw = answer({
        ...hidden({}),
        eval_status,
        decision: canary,
        tags: [canary],
        reason_codes: [canary],
        review_queues: [canary],
        workflow: canary,
        workflow_version: canary,
        eval_source: canary,
        error_message: canary,
        data_enrichments: [
          captureRequest({ enrichment_name: canary, request: { firstName: canary } }),
          verification({
            decision: { value: canary },
            documentData: { firstName: canary, dob: canary },
            documentType: { type: canary, country: canary, state: canary },
            reasonCodes: [canary],
          }),
          imageRequest({ error_message: canary }),
        ],
      });
      const seen = JSON.stringify(interpretEvaluation(raw));
      expect(seen).not.toContain('CANARY');
      expect(seen).not.toContain('base64');
      expect(seen).not.toContain('Robin');
    },
  );
});
