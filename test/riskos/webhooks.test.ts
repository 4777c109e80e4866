import { fc, test } from '@fast-check/vitest';
import { describe, expect, it } from 'vitest';
import { riskosEvent } from '../../src/contract/index.ts';
import { parseWebhook, RiskosError } from '../../src/riskos/index.ts';
import { evalId, evaluationId, type Json } from './support/answers.ts';
import { thrownBy } from './support/server.ts';

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
  it('is reduced to what the relay needs', () => {
    const body = event(
      {},
      { decision: 'ACCEPT', notes: 'looks like Robin', data_enrichments: [{}], surprise: 1 },
    );
    expect(parseWebhook(body)).toEqual({
      decision: 'ACCEPT',
      eventId: 'e3b0c442-98fc-4c14-9afb-f4c8996fb924',
      eventType: 'evaluation_completed',
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

  it.each(['robin@example.com', 'case 12 of the dashboard', 'x'.repeat(300), '', null, undefined])(
    'may be about an evaluation that is not ours: %j',
    (id) => {
      expect(parseWebhook(event({}, { id, eval_id: id }))).not.toHaveProperty('evaluationId');
      expect(parseWebhook(event({}, { id, eval_id: id }))).not.toHaveProperty('evalId');
    },
  );

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

  it.each([
    [{ event_id: undefined }, 'event_id'],
    [{ event_id: '' }, 'event_id'],
    [{ event_id: 7 }, 'event_id'],
    [{ event_type: null }, 'event_type'],
    [{ event_type: 'a b' }, 'event_type'],
    [{ data: null }, 'data'],
    [{ data: [] }, 'data'],
    [{ data: { id: 7 } }, 'data.id'],
    [{ data: { eval_id: {} } }, 'data.eval_id'],
  ])('with %j is refused, and the field is named', (changes, field) => {
    expect(thrownBy(() => parseWebhook(event(changes)))).toMatchObject({
      type: 'InvalidWebhook',
      fields: [field],
    });
  });

  it('that lacks everything names everything', () => {
    expect(thrownBy(() => parseWebhook({})).fields).toEqual(['event_id', 'event_type', 'data']);
  });

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
      const { eventId, eventType, evaluationId: id = 'none', evalId: found, progress } = parseWebhook(body);
      // What passes here must pass the contract of the signal, or the relay would fail on it.
      const signal = { eventId, eventType, evaluationId: id, evalId: found, progress };
      return riskosEvent.safeParse(signal).success ? undefined : 'refused by the contract';
    } catch (error) {
      return error instanceof RiskosError && error.type === 'InvalidWebhook' ? undefined : String(error);
    }
  }

  test.prop([fc.anything({ withNullPrototype: true })])('is parsed or refused by name', (body) => {
    expect(faultOf(body)).toBeUndefined();
  });

  const strange = fc.oneof(fc.string(), fc.jsonValue({ maxDepth: 2 }));
  test.prop([
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

  test.prop([fc.string()])('lets no free text through', (text) => {
    const canary = `CANARY ${text}`;
    const parsed = parseWebhook(
      event(
        { event_type: 'case_notes_added', event_at: canary, other: canary },
        { notes: canary, reviewer_id: 'Webhook', environment_name: canary, id: canary, decision: canary },
      ),
    );
    expect(JSON.stringify(parsed)).not.toContain('CANARY');
  });
});
