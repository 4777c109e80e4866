import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { riskosEvent } from '../../src/contract/index.ts';
import { RiskosError } from '../../src/riskos/errors.ts';
import { parseWebhook } from '../../src/riskos/webhooks.ts';
import { evalId, evaluationId, type Json } from './support/answers.ts';
import { thrownBy } from './support/thrown.ts';
import { property } from '../support/property.ts';

function event(changes: Json = {}, data: Json = {}): Json {
  return {
    event_id: 'e3b0c442-98fc-4c14-9afb-f4c8996fb924',
    event_at: '2026-03-02T10:00:00.12345678Z',
    event_type: 'evaluation_completed',
    data: { id: evaluationId, eval_id: evalId, environment_name: 'Sandbox', ...data },
    ...changes,
  };
}

describe('a webhook', () => {
  it('is reduced to what the relay needs; its decision is not', () => {
    const body = event(
      {},
      { decision: 'ACCEPT', notes: 'looks like Robin', data_enrichments: [{}], surprise: 1 },
    );
    expect(parseWebhook(body)).toEqual({
      eventId: 'e3b0c442-98fc-4c14-9afb-f4c8996fb924',
      eventType: 'evaluation_completed',
      eventAt: '2026-03-02T10:00:00.123Z',
      evaluationId,
      evalId,
      environment: 'Sandbox',
      isTestPing: false,
    });
  });

  it.each(['fraud_confirming', 'watchlist_alert_changed', 'Something.New-2'])(
    'may be of a type that nobody knows: %s',
    (event_type) => {
      expect(parseWebhook(event({ event_type }, { eval_id: undefined }))).toMatchObject({
        eventType: event_type,
        evaluationId,
      });
    },
  );

  it.each([
    'robin@example.com',
    'case 12 of the dashboard',
    'x'.repeat(300),
    '',
    null,
    undefined,
    {},
    [],
    true,
    1.5,
  ])('may be about an evaluation that is not ours: %j', (id) => {
    expect(parseWebhook(event({}, { id }))).not.toHaveProperty('evaluationId');
  });

  it.each([
    ['Sandbox', 'Sandbox'],
    ['', undefined],
    [null, undefined],
    [undefined, undefined],
    ['Sandbox of Robin Quill, 12 Harbour Lane', 'other'],
    [7, 'other'],
  ])('names its environment %j as %j', (environment_name, expected) => {
    expect(parseWebhook(event({}, { environment_name })).environment).toBe(expected);
  });

  it.each<[unknown, string | undefined]>([
    ['e 1/2 — é', 'e 1/2 — é'],
    ['  e-1  ', 'e-1'],
    ['x'.repeat(200), 'x'.repeat(200)],
    [7, '7'],
    ['x'.repeat(201), undefined],
    ['lone \ud800', undefined],
    ['', undefined],
    [1e300, undefined],
    [null, undefined],
    [{}, undefined],
  ])('may have ids of any bounded text, which RiskOS makes: %j is %j', (id, expected) => {
    const { eventId, evalId: found } = parseWebhook(event({ event_id: id }, { eval_id: id }));
    expect([eventId, found]).toEqual([expected, expected]);
  });

  it.each<[unknown, string]>([
    [' Evaluation  Completed ', 'evaluation_completed'],
    ['DECISION_UPDATE', 'decision_update'],
    ['of Robin Quill', 'unknown'],
    ['x'.repeat(65), 'unknown'],
    [null, 'unknown'],
    [undefined, 'unknown'],
    [7, 'unknown'],
  ])('of type %j is of type %s', (event_type, expected) => {
    expect(parseWebhook(event({ event_type })).eventType).toBe(expected);
  });

  it.each<[unknown, string | undefined]>([
    ['2026-03-02T10:00:00Z', '2026-03-02T10:00:00.000Z'],
    ['2026-03-02T10:00:00.123456789Z', '2026-03-02T10:00:00.123Z'],
    ['2026-03-02t11:00:00.5+01:00', '2026-03-02T10:00:00.500Z'],
    ['2026-13-02T10:00:00Z', undefined],
    ['yesterday', undefined],
    [1772445600, undefined],
    [null, undefined],
  ])('of %j happened at %s', (event_at, expected) => {
    expect(parseWebhook(event({ event_at })).eventAt).toBe(expected);
  });

  it.each([{ data: null }, { data: [] }, { data: 'x' }, { data: undefined }])(
    'without data (%j) is about nothing of ours',
    (changes) => {
      expect(parseWebhook(event(changes))).toEqual({
        eventId: 'e3b0c442-98fc-4c14-9afb-f4c8996fb924',
        eventAt: '2026-03-02T10:00:00.123Z',
        eventType: 'evaluation_completed',
        isTestPing: false,
      });
    },
  );

  it.each([undefined, null, 'event', 7, [], true])('that is %j is refused', (body) => {
    expect(thrownBy(() => parseWebhook(body))).toMatchObject({ type: 'InvalidWebhook', fields: ['body'] });
  });
});

describe('a progress note', () => {
  const note = (notes: unknown, reviewer_id: unknown = 'Webhook', event_type = 'case_notes_added'): unknown =>
    parseWebhook(event({ event_type }, { notes, reviewer_id })).progress;

  it.each([
    ['Process Initiated', 'process_initiated'],
    ['Capture App Opened', 'capture_app_opened'],
    ['Document Front Uploaded', 'document_front_uploaded'],
    ['Document Back Uploaded', 'document_back_uploaded'],
    ['Document Selfie Uploaded', 'document_selfie_uploaded'],
    ['Documents Upload Successful', 'documents_upload_successful'],
    ['Session Complete', 'session_complete'],
    ['  session   COMPLETE ', 'session_complete'],
  ])('%j is %s', (notes, progress) => {
    expect(note(notes)).toBe(progress);
  });

  it.each(['Session Expired', 'Robin declined', '', null, undefined, 7, {}, 'constructor', '__proto__'])(
    'of another wording is "other": %j',
    (notes) => expect(note(notes)).toBe('other'),
  );

  it('is by "Webhook", however that is written', () => {
    expect(note('Session Complete', ' WEBHOOK ')).toBe('session_complete');
  });

  it('is not what a person wrote, nor what another event carries', () => {
    expect(note('Session Complete', 'reviewer@example.com')).toBeUndefined();
    expect(note('Session Complete', null)).toBeUndefined();
    expect(note('Session Complete', 'Webhook', 'evaluation_completed')).toBeUndefined();
  });
});

describe('whatever is sent as a webhook', () => {
  /** What is wrong with the way it was taken. */
  function faultOf(body: unknown): string | undefined {
    try {
      const { evaluationId: id = 'none', eventId = 'none', ...rest } = parseWebhook(body);
      // What passes here must pass the contract of the signal, or the funnel would ignore it.
      const signal = { ...rest, eventId, evaluationId: id };
      return riskosEvent.safeParse(signal).success ? undefined : 'refused by the contract';
    } catch (error) {
      return error instanceof RiskosError && error.type === 'InvalidWebhook' ? undefined : String(error);
    }
  }

  property([fc.anything({ withNullPrototype: true })])('is parsed or refused by name', (body) => {
    expect(faultOf(body)).toBeUndefined();
  });

  const strange = fc.oneof(fc.string(), fc.jsonValue({ maxDepth: 2 }));
  property([
    fc.record(
      {
        event_id: fc.oneof(fc.uuid(), strange),
        event_type: fc.oneof(fc.constantFrom('case_notes_added', 'evaluation_paused'), strange),
        data: fc.oneof(
          fc.record(
            { id: strange, eval_id: strange, notes: strange, reviewer_id: strange },
            { requiredKeys: [] },
          ),
          strange,
        ),
      },
      { requiredKeys: [] },
    ),
  ])('is parsed or refused by name when it is nearly right', (body) => {
    expect(faultOf(body)).toBeUndefined();
  });

  property([fc.string()])('lets no free text through', (text) => {
    const canary = `CANARY of ${text}`;
    const parsed = parseWebhook(
      event(
        { event_type: 'case_notes_added', event_at: canary, other: canary },
        { notes: canary, reviewer_id: 'Webhook', environment_name: canary, id: canary, decision: canary },
      ),
    );
    expect(JSON.stringify(parsed)).not.toContain('CANARY');
  });
});
