import { describe, expect, it } from 'vitest';
import {
  blameOf,
  type Enrichment,
  enrichment,
  failedStepsOf,
  hasFailed,
  stepOf,
} from '../../src/riskos/enrichments.ts';
import { label, labels, saysError } from '../../src/riskos/lenient.ts';
import type { Json } from './support/answers.ts';

/** As RiskOS's answer is parsed. */
const parsed = (fields: Json): Enrichment => enrichment.parse(fields);
const documents = { documentVerification: { decision: { value: 'accept' } } };
const selfie = { selfieReverification: { decision: { value: 'accept' } } };
const device = { digitalIntelligence: { decision: { value: 'accept' } } };

describe('the step of an enrichment', () => {
  it.each<[string, Json, string]>([
    ['its provider', { enrichment_provider: 'SocureDocRequest' }, 'document_request'],
    [
      'its provider, however it is written',
      { enrichment_provider: 'Socure Doc-Request 2' },
      'document_request',
    ],
    [
      'its provider, whatever it answers',
      { enrichment_provider: 'SocureDocRequest', response: documents },
      'document_request',
    ],
    ['the provider of images', { enrichment_provider: 'SocureImageRequest' }, 'image_request'],
    [
      'the provider of images, whatever its name',
      { enrichment_provider: 'socureimagerequest', enrichment_name: 'Document Verification' },
      'image_request',
    ],
    [
      'its module, documents',
      { enrichment_provider: 'Socure', response: documents },
      'document_verification',
    ],
    ['its module, a selfie', { enrichment_provider: 'Socure', response: selfie }, 'selfie_reverification'],
    [
      'its modules, of which the selfie counts',
      { response: { ...documents, ...selfie } },
      'selfie_reverification',
    ],
    [
      'its modules, of which documents count',
      { response: { ...documents, ...device } },
      'document_verification',
    ],
    ['its module, the device', { enrichment_provider: 'Socure', response: device }, 'digital_intelligence'],
    [
      'a module of another provider',
      { enrichment_provider: 'Acme', response: documents },
      'document_verification',
    ],
    [
      'another provider, whatever its name',
      { enrichment_provider: 'Acme', enrichment_name: 'Document Verification' },
      'other',
    ],
    [
      'another provider, whose name ends like this one',
      { enrichment_provider: 'Not Socure', request: { modules: ['documentverification'] } },
      'other',
    ],
    [
      'a product of the provider',
      { enrichment_provider: 'Socure DocV', request: { modules: ['documentverification'] } },
      'document_verification',
    ],
    [
      'another provider, whatever it asks for',
      { enrichment_provider: 'Acme', request: { modules: ['documentverification'] } },
      'other',
    ],
    [
      'what it asks for',
      { enrichment_provider: 'Socure', request: { modules: ['Document Verification'] } },
      'document_verification',
    ],
    [
      'what it asks for, and no provider',
      { request: { modules: ['documentverification'] } },
      'document_verification',
    ],
    [
      'what it asks for, not its name',
      { request: { modules: ['phonerisk'] }, enrichment_name: 'Document Verification' },
      'other',
    ],
    [
      'one of the modules that it asks for',
      { request: { modules: ['kyc', 7, 'digitalintelligence'] } },
      'digital_intelligence',
    ],
    [
      'its name where it asks for nothing readable',
      { request: { modules: [7, ''] }, enrichment_name: 'Document Verification' },
      'document_verification',
    ],
    [
      'its name where it asks for nothing',
      { request: { modules: [] }, enrichment_name: 'Socure Document Request - Default Flow' },
      'document_request',
    ],
    [
      'its name, documents',
      { enrichment_name: 'Socure Document Verification - Default Flow' },
      'document_verification',
    ],
    [
      'its name, a selfie',
      { enrichment_name: 'Socure Document Verification - Selfie Reverification' },
      'selfie_reverification',
    ],
    ['its name, images', { enrichment_name: 'Socure Image Request' }, 'image_request'],
    ['its name, the device', { enrichment_name: 'Digital Intelligence' }, 'digital_intelligence'],
    ['a name that is none of them', { enrichment_name: 'Phone Risk' }, 'other'],
    ['nothing', {}, 'other'],
    [
      'nothing readable',
      { enrichment_name: 7, enrichment_provider: {}, request: 'x', response: [] },
      'other',
    ],
  ])('is known by %s', (_, fields, step) => {
    expect(stepOf(parsed(fields))).toBe(step);
  });
});

describe('an enrichment has failed', () => {
  it.each<[Json, boolean]>([
    [{}, false],
    [{ status_code: 200 }, false],
    [{ status_code: 399 }, false],
    [{ status_code: 400 }, true],
    [{ status_code: '500' }, true],
    [{ status_code: 'none' }, false],
    [{ status_code: null }, false],
    [{ error: 'upstream' }, true],
    [{ error: '  ' }, false],
    [{ error: null }, false],
    [{ error: false }, false],
    [{ error: true }, true],
    [{ error: 0 }, true],
    [{ error: {} }, true],
    [{ error_message: 'upstream' }, true],
    [{ error_message: '' }, false],
    [{ error: '', error_message: 'upstream', status_code: 200 }, true],
  ])('by %j: %j', (fields, failed) => {
    expect(hasFailed(parsed(fields))).toBe(failed);
    expect(failedStepsOf([parsed(fields)])).toEqual(failed ? ['other'] : []);
  });

  it('each kind once, in one order, and an image request never', () => {
    const names = [
      'Phone Risk',
      'Selfie Reverification',
      'Image Request',
      'Document Request',
      'Phone Risk',
      'Digital Intelligence',
      'Document Verification',
    ];
    const all = names.map((enrichment_name) => parsed({ enrichment_name, error: 'x' }));
    expect(failedStepsOf(all)).toEqual([
      'document_request',
      'document_verification',
      'selfie_reverification',
      'digital_intelligence',
      'other',
    ]);
    expect(failedStepsOf([parsed({ enrichment_name: 'Image Request', error: 'x' })])).toEqual([]);
  });

  it.each([
    [undefined, false],
    [null, false],
    [false, false],
    ['', false],
    [' \n', false],
    ['x', true],
    [0, true],
    [[], true],
  ])('where a field of errors is %j: %j', (value, says) => {
    expect(saysError(value)).toBe(says);
  });
});

const request = (more: Json = {}): Json => ({ enrichment_provider: 'SocureDocRequest', ...more });
const verification = (more: Json = {}): Json => ({ enrichment_name: 'Document Verification', ...more });
const blame = (enrichments: Json[], tags: unknown[] = []) => blameOf(enrichments.map(parsed), tags);
const candidates = { technical: false, linkExpired: true };
const riskos = { technical: true };
const nobodys = { technical: false };

describe('whose failure it was that there is no result', () => {
  it.each<[string, Json[], object]>([
    ['nobody’s, of nothing', [], nobodys],
    ['nobody’s, where nothing failed', [request(), verification({ response: documents })], nobodys],
    ['RiskOS’s, of the request', [request({ error: 'upstream' })], riskos],
    ['RiskOS’s, of the verification', [request(), verification({ error: 'upstream' })], riskos],
    ['RiskOS’s, of the selfie', [{ enrichment_name: 'Selfie Reverification', status_code: 500 }], riskos],
    ['nobody’s, of another step', [request(), { enrichment_name: 'Phone Risk', error: 'upstream' }], nobodys],
    ['nobody’s, of the image request', [{ enrichment_name: 'Image Request', error: 'expired' }], nobodys],
    [
      'nobody’s, of the device',
      [{ enrichment_name: 'Digital Intelligence', error: 'link expired' }],
      nobodys,
    ],
    ['the candidate’s, by the status', [request({ status: 'EXPIRED' })], candidates],
    ['the candidate’s, by the error', [request({ error: 'the link has expired' })], candidates],
    ['the candidate’s, by the message', [request({ error_message: 'session expiry' })], candidates],
    ['the candidate’s, by the response', [request({ response: { status: 'SESSION_EXPIRED' } })], candidates],
    [
      'the candidate’s, by a text within the error',
      [request({ error: { code: 7, message: 'link expired' } })],
      candidates,
    ],
    [
      'the candidate’s, of the verification',
      [request(), verification({ error: 'session expired' })],
      candidates,
    ],
    [
      'the candidate’s, of the last request',
      [request({ error: 'upstream' }), request({ error: 'expired' })],
      candidates,
    ],
    [
      'RiskOS’s, where a later request replaced it',
      [request({ error: 'expired' }), request({ error: 'upstream' })],
      riskos,
    ],
    [
      'nobody’s, where there is a result all the same',
      [request({ status: 'EXPIRED' }), verification({ response: documents })],
      nobodys,
    ],
    [
      'nobody’s, where there is a selfie all the same',
      [request({ status: 'EXPIRED' }), { response: selfie }],
      nobodys,
    ],
    [
      'the candidate’s, where the result failed',
      [request({ status: 'EXPIRED' }), verification({ response: documents, error: 'x' })],
      candidates,
    ],
    ['the candidate’s, declined consent', [request({ error: 'consent declined' })], nobodys],
    [
      'RiskOS’s, declined consent with a result',
      [request({ error: 'consent declined' }), { response: selfie }],
      riskos,
    ],
    ['the candidate’s, both at once', [request({ error: 'consent declined; link expired' })], candidates],
    [
      'RiskOS’s, a text beyond the first 1,000 characters',
      [request({ error: `${'x'.repeat(1000)}expired` })],
      riskos,
    ],
    ['the candidate’s, a text within them', [request({ error: `${'x'.repeat(993)}expired` })], candidates],
    [
      'RiskOS’s, a text beyond 200 characters within an error',
      [request({ error: { message: `${'x'.repeat(200)}expired` } })],
      riskos,
    ],
    [
      'the candidate’s, a text within 200',
      [request({ error: { message: `${'x'.repeat(193)}expired` } })],
      candidates,
    ],
    [
      'RiskOS’s, the eleventh text of an error',
      [request({ error: [...Array.from({ length: 10 }, () => 'x'), 'expired'] })],
      riskos,
    ],
    [
      'the candidate’s, the tenth one',
      [request({ error: [...Array.from({ length: 9 }, () => 'x'), 'expired'] })],
      candidates,
    ],
    ['RiskOS’s, words that only touch', [request({ error: ['ex', 'pired'] })], riskos],
    ['RiskOS’s, an error without words', [request({ error: 7 })], riskos],
  ])('%s', (_, enrichments, expected) => {
    expect(blame(enrichments)).toEqual(expected);
  });

  it.each([
    'certificate expired',
    'credentials expired',
    'API key expired',
    'api-key expired',
    'apikey expired',
    'access token expired',
    'auth token expired',
    'bearer token expired',
    'OAuth2 token expired',
    'subscription expired',
    'license expired',
    'licence expired',
    'timeout expired',
    'time-out expired',
    'timedout: expired',
    'deadline expired',
    'TLS session expired',
    'ssl expired',
  ])('RiskOS’s: %s', (error) => {
    expect(blame([request({ error })])).toEqual(riskos);
  });

  it.each(['the document token expired', 'tlsx expired', 'the capture expires'])(
    'the candidate’s: %s',
    (error) => {
      expect(blame([request({ error })])).toEqual(candidates);
    },
  );

  it.each<[unknown, boolean]>([
    ['docv_error', true],
    ['docv_request_error', true],
    ['docv_verification_error', true],
    [' DocV_Error ', true],
    ['docv_errors', false],
    ['error', false],
    [7, false],
    [null, false],
  ])('RiskOS’s by the tag %j: %j', (tag, technical) => {
    expect(blame([request()], ['first', tag])).toEqual({ technical });
  });
});

describe('a label', () => {
  it.each<[unknown, string | undefined]>([
    ['Candidates', 'Candidates'],
    ['  two \n words ', 'two words'],
    ['ÄÖ 1', 'ÄÖ 1'],
    ["a,.()/:&+#'_-", "a,.()/:&+#'_-"],
    ['7', '7'],
    ['x'.repeat(80), 'x'.repeat(80)],
    ['x'.repeat(81), undefined],
    [`x${' '.repeat(998)}y`, 'x y'],
    [`x${' '.repeat(999)}y`, undefined],
    ['', undefined],
    [' ', undefined],
    ['-x', undefined],
    ['a@b', undefined],
    ['<b>', undefined],
    [7, undefined],
    [null, undefined],
  ])('of %j is %j', (text, expected) => {
    expect(label(text)).toBe(expected);
  });

  it('is told once, and there are no more than asked for', () => {
    expect(labels(['b', 'a', ' b', '<', 'c'], 3)).toEqual(['b', 'a', 'c']);
    expect(labels(['b', 'a', 'c'], 2)).toEqual(['b', 'a']);
    expect([labels(null, 2), labels(undefined, 2)]).toEqual([[], []]);
  });
});
