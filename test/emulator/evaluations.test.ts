import { decode } from 'jpeg-js';
import { describe, expect, test, vi } from 'vitest';
import { InvalidEmulatorOptions, startEmulator } from '../../src/emulator/index.ts';
import { body, captureOf, emulator, selfieOf, subscriber, verificationOf } from './support.ts';
import { unzip } from './unzip.ts';

const inOrder = (one: string, other: string) => one.localeCompare(other);

describe('the door', () => {
  test('a request without a known key is answered 401', async () => {
    const riskos = await emulator();
    const wrong = await riskos.call('POST', '/api/evaluation', body('passive'), 'another key');
    expect(wrong.status).toBe(401);
    expect(wrong.json()).toMatchObject({ code: 'AUTHENTICATION_FAILED' });
    expect(riskos.ledger().evaluations).toEqual([]);
  });

  test('an invalid body is answered 400 with the fields, and creates nothing', async () => {
    const riskos = await emulator();
    const sent = body('passive', 'accept', { phone_number: '555', given_name: '' });
    const answer = await riskos.call('POST', '/api/evaluation', { ...sent, timestamp: 'yesterday' });
    expect(answer.status).toBe(400);
    expect(answer.json()).toMatchObject({
      code: 'INVALID_REQUEST',
      invalid_args: [
        { field: 'timestamp' },
        { field: 'data.individual.given_name' },
        { field: 'data.individual.phone_number' },
      ],
    });
    expect(answer.bytes.toString()).not.toContain('yesterday');
    expect(riskos.ledger().evaluations).toEqual([]);
  });

  test('device data of a third party is checked as the guide lists it', async () => {
    const riskos = await emulator();
    const device = { device_type: 'watch', is_known: 'yes', ip_risk_score: 101, anything: 'else' };
    const sent = body('passive', 'accept', { external_device: device });
    const answer = await riskos.call('POST', '/api/evaluation', sent);
    expect(answer.json()).toMatchObject({
      invalid_args: ['device_type', 'is_known', 'ip_risk_score'].map((field) => ({
        field: `data.individual.external_device.${field}`,
      })),
    });
  });

  test.each(['{"id":', 'null', '[]', '"text"'])('a body of %j is answered 400', async (sent) => {
    const riskos = await emulator();
    expect((await riskos.call('POST', '/api/evaluation', sent)).status).toBe(400);
  });

  test('an unknown scenario is answered 400 with the names of the known ones', async () => {
    const riskos = await emulator({ scenarios: { 'my-own': {} } });
    const answer = await riskos.call('POST', '/api/evaluation', body('passive', 'accpt'));
    expect(answer.status).toBe(400);
    expect(answer.bytes.toString()).toContain('resubmit-then-accept');
    expect(answer.bytes.toString()).toContain('my-own');
  });

  test('an unknown evaluation is answered 404', async () => {
    const riskos = await emulator();
    const path = '/api/evaluation/2a1f6e9c-0000-4000-8000-000000000000';
    expect((await riskos.call('GET', path)).status).toBe(404);
    expect((await riskos.call('GET', `${path}/documents`)).status).toBe(404);
    expect((await riskos.call('PATCH', path, {})).status).toBe(404);
  });

  test.each([
    [{ apiKey: '' }, /apiKey/],
    [{ apiKey: 'k', pace: -1 }, /pace/],
    [{ apiKey: 'k', retry: { attempts: 11 } }, /retry\.attempts/],
    [{ apiKey: 'k', scenarios: { 'Not A Name': {} } }, /scenarios\.Not A Name/],
    [
      { apiKey: 'k', scenarios: { own: { documents: [{ decision: 'maybe?' }] } } },
      /own\.documents\.0\.decision/,
    ],
    [
      { apiKey: 'k', webhook: { url: 'ftp://x', auth: { type: 'bearer' as const, token: 't' } } },
      /webhook\.url/,
    ],
  ])('options %j are refused, and the message names the field', async (options, message) => {
    const start = startEmulator(options);
    await expect(start).rejects.toThrow(InvalidEmulatorOptions);
    await expect(start).rejects.toThrow(message);
  });
});

describe('passive checks', () => {
  test('finish within the POST with 200, and send no webhook', async () => {
    const hr = await subscriber();
    const riskos = await emulator({ subscriber: hr });
    const passive = await riskos.create(body('passive', 'accept'), 200);
    expect(passive).toMatchObject({
      decision: 'ACCEPT',
      eval_status: 'evaluation_completed',
      status: 'CLOSED',
    });
    // A later evaluation's webhooks are there, so those of the first would be, too.
    await riskos.create(body('docv', 'accept'), 201);
    await hr.next('evaluation_completed');
    expect(hr.received.filter(({ data }) => data.eval_id === passive.eval_id)).toEqual([]);
    expect(riskos.ledger().sms).toEqual([]);
  });

  test.each([
    ['passive-reject', 'REJECT'],
    ['passive-review-step-up', 'REVIEW'],
    [undefined, 'ACCEPT'],
  ])('of scenario %s end with %s', async (scenario, decision) => {
    const riskos = await emulator();
    expect(await riskos.create(body('passive', scenario), 200)).toMatchObject({ decision });
  });
});

describe('document verification', () => {
  test('pauses with 201, a capture link and a decision that means nothing', async () => {
    const riskos = await emulator();
    const paused = await riskos.create(body(undefined, 'withdrawn'), 201);
    expect(paused).toMatchObject({ eval_status: 'evaluation_paused', status: 'ON_HOLD', decision: 'REVIEW' });
    const capture = captureOf(paused);
    expect(capture.url).toBe(`${riskos.url}/capture/${capture.docvTransactionToken}`);
    expect(capture.qrCode).toMatch(/^data:image\/png;base64,/);
    expect(capture.qrCode.length).toBeGreaterThan(2000);
    expect(await riskos.read(paused.eval_id)).toEqual(paused);
  });

  test('is completed by the played candidate; the baseline is not the Document Request', async () => {
    const hr = await subscriber();
    const riskos = await emulator({ subscriber: hr });
    const paused = await riskos.create(body('docv', 'accept'), 201);
    const event = await hr.next('evaluation_completed');
    expect(event.data).toMatchObject({
      id: paused.id,
      eval_id: paused.eval_id,
      evaluation_status: 'evaluation_completed',
      decision: 'ACCEPT',
    });
    expect(event.data).not.toHaveProperty('eval_status');
    const done = await riskos.read(paused.eval_id);
    expect(done).toMatchObject({
      eval_status: 'evaluation_completed',
      decision: 'ACCEPT',
      sub_status: 'Accept',
    });
    const verification = verificationOf(done);
    expect(verification?.documentVerification).toMatchObject({
      decision: { name: 'standard', value: 'accept' },
      documentType: { type: 'Drivers License' },
    });
    expect(verification?.referenceId).not.toBe(captureOf(done).referenceId);
  });

  test('tells of the pause and of each step', async () => {
    const hr = await subscriber();
    const riskos = await emulator({ subscriber: hr });
    const paused = await riskos.create(body('docv', 'accept'), 201);
    expect((await hr.next('evaluation_paused')).data).toMatchObject({
      eval_id: paused.eval_id,
      eval_status: 'evaluation_paused',
    });
    await hr.next('evaluation_completed');
    // Notes travel by themselves: the last of them may come after the completion.
    const steps = () => hr.received.filter(({ event_type }) => event_type === 'case_notes_added');
    await vi.waitUntil(() => steps().length >= 7, { timeout: 10_000 });
    const notes = steps();
    expect(notes.every(({ data }) => data['reviewer_id'] === 'Webhook')).toBe(true);
    expect(notes.map(({ data }) => String(data['notes'])).toSorted(inOrder)).toEqual([
      'Capture App Opened',
      'Document Back Uploaded',
      'Document Front Uploaded',
      'Document Selfie Uploaded',
      'Documents Upload Successful',
      'Process Initiated',
      'Session Complete',
    ]);
  });

  test('sends an SMS only if asked to', async () => {
    const riskos = await emulator();
    const quiet = await riskos.create(body('docv', 'withdrawn'));
    const loud = await riskos.create(body('docv', 'withdrawn', { docv: { config: { send_message: true } } }));
    expect(riskos.ledger().sms.map(({ eval_id }) => eval_id)).toEqual([loud.eval_id]);
    expect(riskos.ledger().evaluations.map(({ eval_id }) => eval_id)).toEqual([quiet.eval_id, loud.eval_id]);
  });

  test('counts attempts by person, and the last play repeats', async () => {
    const riskos = await emulator();
    const decisions = [];
    for (const id of ['first', 'second', 'third']) {
      const sent = body('docv', 'resubmit-then-accept', { id: 'same person' }, id);
      const { eval_id } = await riskos.create(sent, 201);
      decisions.push((await riskos.completed(eval_id)).decision);
    }
    expect(decisions).toEqual(['RESUBMIT', 'ACCEPT', 'ACCEPT']);
    const other = await riskos.create(body('docv', 'resubmit-then-accept'), 201);
    const done = await riskos.completed(other.eval_id);
    expect(done.decision).toBe('RESUBMIT');
    expect(verificationOf(done)?.documentVerification?.reasonCodes).toEqual(['R831', 'R804']);
  });

  test('with a repeated id is a re-run: a second evaluation and SMS, with the same play', async () => {
    const riskos = await emulator();
    const sent = body('docv', 'resubmit-then-accept', { docv: { config: { send_message: true } } });
    const first = await riskos.create(sent, 201);
    const again = await riskos.create(sent, 201);
    expect(again.id).toBe(first.id);
    expect(again.eval_id).not.toBe(first.eval_id);
    expect(riskos.ledger().sms).toHaveLength(2);
    expect((await riskos.completed(again.eval_id)).decision).toBe('RESUBMIT');
  });

  test('a reviewer settles a REVIEW by decision_update, and GET then says so', async () => {
    const hr = await subscriber();
    const riskos = await emulator({ subscriber: hr });
    const { eval_id } = await riskos.create(body('docv', 'review-then-accept'), 201);
    expect((await hr.next('evaluation_completed')).data).toMatchObject({ decision: 'REVIEW' });
    expect((await hr.next('decision_update')).data).toMatchObject({ eval_id, decision: 'ACCEPT' });
    const done = await riskos.read(eval_id);
    expect(done).toMatchObject({ decision: 'ACCEPT', status: 'CLOSED' });
    expect(verificationOf(done)?.documentVerification?.decision?.value).toBe('review');
  });

  test('of an absent candidate stays paused', async () => {
    const hr = await subscriber();
    const riskos = await emulator({ subscriber: hr });
    const { eval_id } = await riskos.create(body('docv', 'withdrawn'), 201);
    await riskos.create(body('docv', 'accept'), 201);
    await hr.next('evaluation_completed');
    expect(await riskos.read(eval_id)).toMatchObject({ eval_status: 'evaluation_paused' });
  });

  test('a completed evaluation can no longer be changed', async () => {
    const riskos = await emulator();
    const { eval_id } = await riskos.create(body('passive'), 200);
    expect((await riskos.call('PATCH', `/api/evaluation/${eval_id}`, body('passive'))).status).toBe(400);
    expect(riskos.ledger().patches).toMatchObject([{ eval_id, status: 400 }]);
  });
});

describe('documents', () => {
  test('are a ZIP with the documented paths and real JPEGs', async () => {
    const riskos = await emulator();
    const { eval_id } = await riskos.create(body('docv', 'accept'), 201);
    await riskos.completed(eval_id);
    const answer = await riskos.call('GET', `/api/evaluation/${eval_id}/documents`);
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toBe('application/zip');
    expect(answer.headers.get('content-disposition')).toContain(`${eval_id}_document.zip`);
    const files = await unzip(answer.bytes);
    expect([...files.keys()]).toEqual([
      'user_uploaded/document_verification/documentfrontDoc_Front_1_blob.jpg',
      'user_uploaded/document_verification/documentbackDoc_Back_1_blob.jpg',
      'user_uploaded/vouched_id_verification/Doc_Selfie_1_blob.jpg',
    ]);
    for (const file of files.values()) {
      const picture = decode(file);
      expect(picture.width * picture.height).toBeGreaterThan(100_000);
      expect(picture.comments).toEqual([eval_id]);
    }
    expect(riskos.ledger().documents).toMatchObject([{ eval_id, status: 200, files: 3 }]);
  });

  test('of a military ID are not there', async () => {
    const riskos = await emulator();
    const { eval_id } = await riskos.create(body('docv', 'military-no-images'), 201);
    const done = await riskos.completed(eval_id);
    expect(verificationOf(done)?.documentVerification?.documentType.type).toBe('Military');
    const answer = await riskos.call('GET', `/api/evaluation/${eval_id}/documents`);
    expect(answer.status).toBe(400);
    expect(answer.json()).toEqual({ message: 'No Documents Found' });
    const imageRequest = done.data_enrichments.find(
      (one) => one.enrichment_provider === 'SocureImageRequest',
    );
    expect(imageRequest?.error_message).toBe('zip: not a valid zip file');
  });

  test('are not there while the capture is open', async () => {
    const riskos = await emulator();
    const { eval_id } = await riskos.create(body('docv', 'withdrawn'), 201);
    expect((await riskos.call('GET', `/api/evaluation/${eval_id}/documents`)).status).toBe(400);
  });
});

describe('selfie reverification', () => {
  const places = {
    'additional_context.previous_reference_id': (value: string) => ({
      additional_context: { previous_reference_id: value },
    }),
    'docv.config.transaction_token': (value: string) => ({ docv: { config: { transaction_token: value } } }),
    'docv.transaction_token': (value: string) => ({ docv: { transaction_token: value } }),
  };

  test.each(Object.entries(places))('takes the baseline at %s, as reference or token', async (_, place) => {
    const riskos = await emulator();
    const { eval_id } = await riskos.create(body('docv', 'reverified'), 201);
    const documents = await riskos.completed(eval_id);
    const reference = verificationOf(documents)?.referenceId ?? '';
    for (const sent of [reference, captureOf(documents).docvTransactionToken]) {
      const paused = await riskos.create(body('reverify', 'reverified', place(sent)), 201);
      const done = await riskos.completed(paused.eval_id);
      expect(done.decision).toBe('ACCEPT');
      expect(selfieOf(done)).toMatchObject({
        previousReferenceId: reference,
        decision: { strategy: 'standard', value: 'accept' },
      });
    }
  });

  test('shows only a selfie among its documents', async () => {
    const riskos = await emulator({ acceptForeignBaselines: true });
    const sent = body('reverify', 'reverified', places['docv.transaction_token']('foreign'));
    const { eval_id } = await riskos.create(sent, 201);
    const done = await riskos.completed(eval_id);
    expect(selfieOf(done)?.previousReferenceId).toBe('foreign');
    const zip = await riskos.call('GET', `/api/evaluation/${eval_id}/documents`);
    expect([...(await unzip(zip.bytes)).keys()]).toEqual([
      'user_uploaded/vouched_id_verification/Doc_Selfie_1_blob.jpg',
    ]);
  });

  test('without a baseline, with an unknown one, or with the Document Request’s, is refused', async () => {
    const riskos = await emulator();
    const { eval_id } = await riskos.create(body('docv', 'reverified'), 201);
    const requestReference = captureOf(await riskos.completed(eval_id)).referenceId ?? '';
    const field = 'data.individual.additional_context.previous_reference_id';
    for (const individual of [
      {},
      places['additional_context.previous_reference_id']('unknown'),
      places['additional_context.previous_reference_id'](requestReference),
    ]) {
      const answer = await riskos.call('POST', '/api/evaluation', body('reverify', 'reverified', individual));
      expect(answer.status).toBe(400);
      expect(answer.json()).toMatchObject({ invalid_args: [{ field }] });
    }
  });

  test('with documents that were not accepted is refused', async () => {
    const riskos = await emulator();
    const { eval_id } = await riskos.create(body('docv', 'resubmit-exhausted'), 201);
    const reference = verificationOf(await riskos.completed(eval_id))?.referenceId ?? '';
    const sent = body('reverify', 'reverified', places['docv.transaction_token'](reference));
    expect((await riskos.call('POST', '/api/evaluation', sent)).status).toBe(400);
  });

  test('can reject', async () => {
    const riskos = await emulator();
    const { eval_id } = await riskos.create(body('docv', 'reverify-rejected'), 201);
    const documents = await riskos.completed(eval_id);
    expect(documents.decision).toBe('ACCEPT');
    const token = captureOf(documents).docvTransactionToken;
    const paused = await riskos.create(
      body('reverify', 'reverify-rejected', places['docv.transaction_token'](token)),
    );
    const done = await riskos.completed(paused.eval_id);
    expect(done.decision).toBe('REJECT');
    expect(selfieOf(done)?.reasonCodes).toEqual(['R836']);
  });
});
