import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Evaluation } from '../../src/contract/index.ts';
import { interpretEvaluation } from '../../src/riskos/answers.ts';
import {
  answer,
  captureRequest,
  captureToken,
  completed,
  imageRequest,
  type Json,
  paused,
  selfie,
} from './support/answers.ts';
import { property } from '../support/property.ts';

/** One Document Verification result of its own reference, token, type and country. */
function result(name: string, decision: unknown, changes: Json = {}): Json {
  return {
    enrichment_name: 'Socure Document Verification - Default Flow',
    enrichment_provider: 'Socure',
    status_code: 200,
    request: { docvTransactionToken: `token-${name}`, modules: ['documentverification'] },
    response: {
      referenceId: `reference-${name}`,
      documentVerification: {
        ...(decision === undefined ? {} : { decision: { name: 'standard', value: decision } }),
        documentType: { type: `Type ${name}`, country: 'deu', state: 'BY' },
        reasonCodes: [],
      },
    },
    ...changes,
  };
}

const failure = (modules: string, error: unknown = 'upstream timed out', changes: Json = {}): Json => ({
  enrichment_name: 'renamed by the customer',
  enrichment_provider: 'Socure',
  status_code: 500,
  request: { modules: [modules] },
  response: null,
  error,
  ...changes,
});

function of(data_enrichments: unknown[], changes: Json = {}): Evaluation {
  return interpretEvaluation(completed({ data_enrichments, ...changes }));
}

describe('the document result that counts, in detail', () => {
  const without = (name: string, decision: unknown): Json => {
    const { response, ...rest } = result(name, decision);
    return { ...rest, response: { ...Object(response), referenceId: undefined } };
  };

  it('is an accepted one with a reference, even where a later one has none', () => {
    expect(of([result('a', 'accept'), without('b', 'accept')])).toMatchObject({
      referenceId: 'reference-a',
      documentType: 'Type a',
    });
  });

  it('is the last accepted one where none has a reference', () => {
    const accepted = ['a', 'b', 'c'].map((name) => without(name, 'accept'));
    expect(of([...accepted, result('d', 'reject')])).toMatchObject({
      documentResult: 'accepted',
      documentType: 'Type c',
    });
    expect(of([without('a', 'accept'), result('b', 'reject')]).documentType).toBe('Type a');
  });

  it('in review gives nothing to compare with where it has no reference, and no token where it has none', () => {
    expect(of([without('a', 'review')], { decision: 'REVIEW' })).not.toHaveProperty('reviewedReference');
    const untold = of([result('a', 'review', { request: {} })], { decision: 'REVIEW' });
    expect(untold.reviewedReference).toStrictEqual({ referenceId: 'reference-a' });
  });

  it.each([null, '', undefined])('with %j for a decision has none', (decision) => {
    const evaluation = of([result('a', decision)], { decision: 'ACCEPT' });
    expect(evaluation).toMatchObject({ documentResult: 'accepted', referenceId: 'reference-a' });
    expect(evaluation).not.toHaveProperty('moduleDecision');
  });

  it.each([7, {}, [], true])('with %j for a decision has one that nobody can read', (decision) => {
    expect(of([result('a', decision)], { decision: 'ACCEPT' })).toMatchObject({
      documentResult: 'not_accepted',
      moduleDecision: 'UNKNOWN',
    });
  });
});

describe('the document result that counts', () => {
  it.each<[string, Json[], Json, Partial<Evaluation>]>([
    ['none', [captureRequest()], {}, {}],
    [
      'one that was accepted',
      [result('a', 'accept')],
      {},
      {
        documentResult: 'accepted',
        referenceId: 'reference-a',
        transactionToken: 'token-a',
        documentCountry: 'DEU',
      },
    ],
    [
      '"Approve"',
      [result('a', ' Approve ')],
      {},
      { documentResult: 'accepted', referenceId: 'reference-a', transactionToken: 'token-a' },
    ],
    [
      'one that was not',
      [result('a', 'resubmit')],
      {},
      { documentResult: 'not_accepted', documentType: 'Type a' },
    ],
    [
      'the accepted one before one that was not',
      [result('a', 'accept'), result('b', 'reject')],
      {},
      {
        documentResult: 'accepted',
        referenceId: 'reference-a',
        transactionToken: 'token-a',
        documentType: 'Type a',
      },
    ],
    [
      'the accepted one after one that was not',
      [result('a', 'review'), result('b', 'accept')],
      {},
      {
        documentResult: 'accepted',
        referenceId: 'reference-b',
        transactionToken: 'token-b',
        documentType: 'Type b',
      },
    ],
    [
      'the last one, where none was accepted',
      [result('a', 'reject'), result('b', 'resubmit')],
      {},
      { documentResult: 'not_accepted', documentType: 'Type b' },
    ],
    [
      'one without a decision, where the evaluation accepts',
      [result('a', undefined)],
      { decision: 'ACCEPT' },
      { documentResult: 'accepted', referenceId: 'reference-a', transactionToken: 'token-a' },
    ],
    [
      'one without a decision, where the evaluation does not',
      [result('a', undefined)],
      { decision: 'REVIEW' },
      { documentResult: 'not_accepted' },
    ],
    [
      'several without a decision',
      [result('a', undefined), result('b', undefined)],
      { decision: 'ACCEPT' },
      { documentResult: 'not_accepted' },
    ],
    [
      'one in review that a reviewer has accepted',
      [result('a', 'review')],
      { decision: 'ACCEPT' },
      { documentResult: 'accepted', referenceId: 'reference-a', transactionToken: 'token-a' },
    ],
    [
      'one in review, kept for HR to accept',
      [result('a', 'review')],
      { decision: 'REVIEW' },
      {
        documentResult: 'not_accepted',
        reviewedReference: { referenceId: 'reference-a', transactionToken: 'token-a' },
      },
    ],
    [
      'one of two in review',
      [result('a', 'review'), result('b', 'review')],
      { decision: 'ACCEPT' },
      { documentResult: 'not_accepted' },
    ],
    [
      'one that was rejected, whatever the evaluation says',
      [result('a', 'reject')],
      { decision: 'ACCEPT' },
      { documentResult: 'not_accepted' },
    ],
    [
      'one whose decision cannot be read',
      [result('a', 7)],
      { decision: 'ACCEPT' },
      { documentResult: 'not_accepted', moduleDecision: 'UNKNOWN' },
    ],
    [
      'one with a word of the customer',
      [result('a', 'probably fine')],
      { decision: 'ACCEPT' },
      { documentResult: 'not_accepted', moduleDecision: 'PROBABLY FINE' },
    ],
    [
      'an accepted one whose step failed',
      [result('a', 'accept', { error: 'partial result' })],
      {},
      { documentResult: 'not_accepted' },
    ],
    [
      'an accepted one without a token, after the only capture',
      [captureRequest(), result('a', 'accept', { request: null })],
      {},
      { referenceId: 'reference-a', transactionToken: captureToken },
    ],
    [
      'an accepted one without a token, after one of two captures',
      [captureRequest(), captureRequest(), result('a', 'accept', { request: null })],
      {},
      { referenceId: 'reference-a' },
    ],
  ])('is %s', (_, enrichments, changes, expected) => {
    const evaluation = of(enrichments, changes);
    expect(evaluation).toMatchObject(expected);
    const { referenceId, transactionToken, reviewedReference } = evaluation;
    expect([referenceId, transactionToken, reviewedReference]).toEqual([
      expected.referenceId,
      expected.transactionToken,
      expected.reviewedReference,
    ]);
  });

  property([
    fc.shuffledSubarray(['reject', 'resubmit', 'review', 'UNSURE', 'accept'], { minLength: 1 }),
    fc.boolean(),
  ])('is the accepted one in any order, and never gives the reference of another', (decisions, accepts) => {
    const enrichments = decisions.map((decision) => result(decision, decision));
    const evaluation = of([captureRequest(), ...enrichments, imageRequest()], {
      decision: accepts ? 'ACCEPT' : 'REJECT',
    });
    // A reviewer's accept of the only result, which stays in review itself.
    const isSettled = accepts && decisions.length === 1 && decisions[0] === 'review';
    const accepted = isSettled || decisions.includes('accept');
    const name = isSettled ? 'review' : 'accept';
    expect(evaluation.documentResult).toBe(accepted ? 'accepted' : 'not_accepted');
    expect(evaluation.referenceId).toBe(accepted ? `reference-${name}` : undefined);
    expect(evaluation.transactionToken).toBe(accepted ? `token-${name}` : undefined);
    expect(evaluation.documentType).toBe(`Type ${accepted ? name : decisions.at(-1)}`);
  });

  it('leaves the token of a capture under way for the hand-off', () => {
    const enrichments = [result('a', 'accept'), captureRequest()];
    const evaluation = interpretEvaluation(paused({ data_enrichments: enrichments }));
    expect(evaluation).toMatchObject({ pausedFor: 'capture', transactionToken: captureToken });
  });

  it.each([
    ['USA', 'USA'],
    [' us ', 'US'],
    ['United States', undefined],
    ['840', undefined],
    [null, undefined],
    [7, undefined],
  ])('has the country %j as %j', (country, expected) => {
    const module = { decision: { value: 'accept' }, documentType: { country } };
    const evaluation = of([result('a', 'accept', { response: { documentVerification: module } })]);
    expect(evaluation.documentCountry).toBe(expected);
  });
});

describe('the steps that failed', () => {
  it.each<[string, Json, Evaluation['failedSteps']]>([
    ['the Document Request', captureRequest({ status_code: 503, response: null }), ['document_request']],
    ['Document Verification', failure('documentverification'), ['document_verification']],
    ['Selfie Reverification', failure('selfiereverification'), ['selfie_reverification']],
    ['Digital Intelligence', failure('digitalintelligence'), ['digital_intelligence']],
    ['phone risk', failure('phonerisk'), ['other']],
    ['another vendor', failure('documentverification', 'x', { enrichment_provider: 'RestAPI' }), ['other']],
    [
      'one known by its name only',
      { enrichment_name: 'Socure Document Verification - Selfie Reverification', status_code: 502 },
      ['selfie_reverification'],
    ],
    ['one by its status code, as text', failure('phonerisk', null, { status_code: '404' }), ['other']],
    ['none by a blank error', failure('phonerisk', ' ', { status_code: 200 }), []],
    ['none by a status code below 400', failure('phonerisk', null, { status_code: 302 }), []],
    ['none: the Image Request', imageRequest({ status_code: 404 }), []],
  ])('are %s', (_, enrichment, steps) => {
    expect(of([enrichment]).failedSteps).toEqual(steps);
  });

  it('are told once each, in one order', () => {
    const all = [failure('phonerisk'), failure('documentverification'), failure('kycplus'), failure('fraud')];
    expect(of(all).failedSteps).toEqual(['document_verification', 'other']);
    expect(of(all.toReversed()).failedSteps).toEqual(['document_verification', 'other']);
  });
});

describe('whose failure it was', () => {
  it.each<[string, unknown[], Json, boolean, true | undefined]>([
    ['nobody’s', [result('a', 'resubmit')], {}, false, undefined],
    ['RiskOS’s: Document Verification', [failure('documentverification')], {}, true, undefined],
    ['RiskOS’s: the Document Request', [captureRequest({ error: 'no session' })], {}, true, undefined],
    ['RiskOS’s: the selfie', [failure('selfiereverification')], {}, true, undefined],
    ['nobody’s: another step', [failure('phonerisk'), result('a', 'resubmit')], {}, false, undefined],
    ['nobody’s: Digital Intelligence', [failure('digitalintelligence')], {}, false, undefined],
    ['nobody’s: the images', [imageRequest()], {}, false, undefined],
    ['RiskOS’s, by a tag', [], { tags: [' DocV_Error '] }, true, undefined],
    ['nobody’s, by another tag', [], { tags: ['phone_error'] }, false, undefined],
    ['the candidate’s: the link expired', [captureRequest({ error: 'Link Expired' })], {}, false, true],
    [
      'the candidate’s: the session lapsed, tagged as an error',
      [
        captureRequest({ response: { status: 'SESSION_EXPIRED' } }),
        failure('documentverification', 'no documents'),
      ],
      { tags: ['docv_error'] },
      false,
      true,
    ],
    [
      'the candidate’s: the verification says so',
      [captureRequest(), failure('documentverification', { message: 'session expired' })],
      {},
      false,
      true,
    ],
    [
      'RiskOS’s: its certificate expired',
      [captureRequest({ error: 'certificate has expired' })],
      {},
      true,
      undefined,
    ],
    [
      'RiskOS’s: a second capture, after an expired link',
      [captureRequest({ error: 'expired' }), captureRequest({ error: 'upstream 500' })],
      {},
      true,
      undefined,
    ],
    [
      'nobody’s: there is a result after all',
      [captureRequest({ response: { status: 'EXPIRED' } }), result('a', 'resubmit')],
      {},
      false,
      undefined,
    ],
    [
      'the candidate’s: consent declined',
      [failure('documentverification', 'consent declined')],
      {},
      false,
      undefined,
    ],
    [
      'nobody’s: a phone number expired',
      [failure('phonerisk', 'record expired'), result('a', 'resubmit')],
      {},
      false,
      undefined,
    ],
  ])('is %s', (_, enrichments, changes, technical, linkExpired) => {
    const evaluation = of(enrichments, { decision: 'RESUBMIT', ...changes });
    expect([evaluation.technical, evaluation.linkExpired]).toEqual([technical, linkExpired]);
  });

  property([fc.shuffledSubarray(['phonerisk', 'kycplus', 'digitalintelligence', 'fraud', 'emailrisk'])])(
    'is never RiskOS’s by another step, whatever the order',
    (modules) => {
      const bad = [result('a', 'resubmit'), ...modules.map((module) => failure(module))];
      expect(of(bad, { decision: 'RESUBMIT' }).technical).toBe(false);
      expect(of(bad.toReversed(), { decision: 'RESUBMIT' }).technical).toBe(false);
    },
  );
});

describe('an execution that failed', () => {
  it.each<[string, Json, Evaluation['state']]>([
    ['a lifecycle of its own', answer({ eval_status: 'evaluation_failed' }), 'in_progress'],
    ['the word of the event', answer({ evaluation_status: 'workflow_execution_failed' }), 'in_progress'],
    ['ERROR', answer({ eval_status: 'ERROR' }), 'in_progress'],
    ['a status beside the pause', paused({ status: 'FAILED' }), 'paused'],
    ['only a message', answer({ error_message: 'step 4 failed' }), 'in_progress'],
    ['a message beside the pause', paused({ error_message: 'step 4 failed' }), 'paused'],
    ['a completed one without a decision', completed({ decision: null, error: 'step 4' }), 'completed'],
  ])('is read: %s', (_, raw, state) => {
    const evaluation = interpretEvaluation(raw, { expectCapture: true });
    expect(evaluation).toMatchObject({ failed: true, state });
    expect(evaluation).not.toHaveProperty('pausedFor');
    expect(JSON.stringify(evaluation)).not.toContain('step 4');
  });

  it.each<[string, Json]>([
    [
      'a decision in the customer’s words',
      completed({ decision: 'REJECT', sub_status: 'Verification failed' }),
    ],
    ['a tag', completed({ tags: ['docv_error'] })],
    ['a decided one with a message', completed({ error_message: 'image step failed' })],
    ['an empty message', paused({ error_message: '', data_enrichments: [captureRequest()] })],
  ])('is not meant by %s', (_, raw) => {
    expect(interpretEvaluation(raw).failed).toBe(false);
  });
});

describe('what is kept for audit', () => {
  it('is labels, numbers and words, each bounded', () => {
    const evaluation = of([selfie()], {
      tags: ['high risk', ' high   risk ', 'a@b.example', 'x'.repeat(81), 7, null, '<b>'],
      review_queues: ['Default Queue', 'Level 2'],
      score: 11.5,
      notes: 'Robin looked nervous',
      decision: 'needs info',
    });
    expect(evaluation).toMatchObject({
      tags: ['high risk'],
      reviewQueues: ['Default Queue', 'Level 2'],
      score: 11.5,
      workflow: { name: 'workforce_verification', version: '3.1.0' },
      evalSource: 'API',
      decision: 'NEEDS INFO',
      unknownDecision: 'NEEDS INFO',
    });
    expect(JSON.stringify(evaluation)).not.toContain('Robin');
  });

  it('is bounded in number', () => {
    const many = Array.from({ length: 5000 }, (_, index) => `tag ${index}`);
    const evaluation = of([], { tags: many, review_queues: many });
    expect([evaluation.tags.length, evaluation.reviewQueues.length]).toEqual([50, 20]);
  });

  it.each([['12'], [Number.NaN], [1e12], [null], [undefined]])('has no score in %j', (score) => {
    expect(of([], { score })).not.toHaveProperty('score');
  });

  it.each(['ACCEPT', 'decline', 'ACCEPT; DROP'])('has no word of its own in %s', (decision) => {
    expect(of([], { decision })).not.toHaveProperty('unknownDecision');
  });
});

describe('ids that RiskOS makes', () => {
  it.each(['{7bc4,1}', 'eval=7+', 'ÄÖ-1', 'x'.repeat(200)])('are any text: %j', (eval_id) => {
    expect(interpretEvaluation(completed({ eval_id })).evalId).toBe(eval_id);
  });

  it.each(['', '.', '..', 'a/b', 'x'.repeat(201), 'two\nlines', '\ud800', 7, null])(
    'but not %j',
    (eval_id) => {
      expect(() => interpretEvaluation(completed({ eval_id }))).toThrow('eval_id');
    },
  );
});
