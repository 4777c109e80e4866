import { describe, expect, it } from 'vitest';
import { interpretEvaluation } from '../../src/riskos/answers.ts';
import { completed, type Json, paused } from './support/answers.ts';
import { thrownBy } from './support/thrown.ts';

const decidedAt = (decision_at: unknown) => interpretEvaluation(completed({ decision_at })).decidedAt;

describe('the instant of a decision', () => {
  it.each([
    ['2026-03-02T10:00:00Z', '2026-03-02T10:00:00.000Z'],
    ['2026-03-02T10:00:00.923456789Z', '2026-03-02T10:00:00.923Z'],
    ['2026-03-02T10:00:00+05:30', '2026-03-02T04:30:00.000Z'],
    ['2026-03-02T10:00:00-11:45', '2026-03-02T21:45:00.000Z'],
  ])('%s is %s', (text, instant) => {
    expect(decidedAt(text)).toBe(instant);
  });

  it.each(['', 'yesterday', '2026-03-02', 'March 2, 2026', '2026-03-02T10:00:00', '2026-13-02T10:00:00Z'])(
    'is absent for "%s"',
    (text) => {
      expect(decidedAt(text)).toBeUndefined();
    },
  );

  it.each(['x 2026-03-02T10:00:00Z', '2026-03-02T10:00:00Z (UTC)'])('is absent for "%s"', (text) => {
    expect(decidedAt(text)).toBeUndefined();
  });
});

describe('the link of a paused evaluation', () => {
  const linkOf = (redirect_uri: string) => interpretEvaluation(paused({ redirect_uri })).url;

  it.each(['http://a.example/x', 'https://a.example/x'])('is %s', (url) => {
    expect(linkOf(url)).toBe(url);
  });

  it.each(['shttp://a.example/x', 'httpsx://a.example/x', 'xhttps://a.example/x', 'ftp://a.example/x'])(
    'is never %s',
    (url) => {
      expect(thrownBy(() => linkOf(url))).toMatchObject({
        type: 'IncompleteAnswer',
        fields: ['redirect_uri'],
      });
    },
  );
});

describe('a capture', () => {
  const request = (response: unknown): Json => ({
    enrichment_name: 'Document Request',
    enrichment_provider: 'SocureDocRequest',
    status_code: 200,
    response,
  });

  it.each([
    ['has no response', undefined],
    ['has a response without data', {}],
    ['has data without a link', { data: {} }],
    ['has a status of its own and no link', { status: 'SESSION_STARTED' }],
  ])('that %s is an incomplete answer', (_, response) => {
    const answer = paused({ data_enrichments: [request(response)] });
    expect(thrownBy(() => interpretEvaluation(answer))).toMatchObject({
      type: 'IncompleteAnswer',
      fields: ['capture link'],
    });
  });

  it('that is complete waits for nothing known, and needs no link although one was expected', () => {
    const answer = paused({ data_enrichments: [request({ status: 'session_complete' })] });
    expect(interpretEvaluation(answer, { expectCapture: true })).toMatchObject({ pausedFor: 'unknown' });
  });
});

describe('an answer', () => {
  it.each([
    ['that is no object', [], 'MalformedAnswer', []],
    ['that holds an error', { error: 'x' }, 'ErrorInAnswer', []],
    ['without a state', completed({ eval_status: undefined }), 'IncompleteAnswer', ['eval_status']],
    ['from elsewhere', completed({ environment_name: 'Production' }), 'WrongEnvironment', []],
  ])('%s names exactly the fields it lacks', (_, body, type, fields) => {
    const error = thrownBy(() => interpretEvaluation(body, { environment: 'Sandbox' }));
    expect(error).toMatchObject({ type });
    expect(error.fields).toEqual(fields);
  });

  it('has no version of a workflow that names none', () => {
    const { workflow } = interpretEvaluation(completed({ workflow_version: undefined }));
    expect(workflow).toStrictEqual({ name: 'workforce_verification' });
  });

  it('without a decision of its own modules takes that of Digital Intelligence', () => {
    const step = (response: unknown): Json => ({
      enrichment_name: 'x',
      enrichment_provider: 'Socure',
      status_code: 200,
      response,
    });
    const device = step({ digitalIntelligence: { decision: { value: 'ACCEPT' } } });
    const read = (...data_enrichments: Json[]) =>
      interpretEvaluation(completed({ data_enrichments })).digitalIntelligenceDecision;
    expect(read(device, step(null), step({ digitalIntelligence: {} }))).toBe('ACCEPT');
    expect(read(step({ digitalIntelligence: { decision: {} } }))).toBeUndefined();
    expect(read(step(null))).toBeUndefined();
  });
});
