import { describe, expect, it } from 'vitest';
import {
  type AttentionCause,
  attentionFields,
  attentionText,
  funnelState,
  type FunnelState,
  type NextAction,
  type Resumption,
  resumptionOf,
  type Stage,
  stages,
  type Status,
  type WaitingFor,
} from '../../src/contract/index.ts';
import { maxAttempts } from '../../workflows/policy.ts';
import { escalationOf, statusOf } from '../../workflows/status.ts';
import { evaluation } from './support/evaluation.ts';
import { causes, positions, reading, wholeState } from './support/states.ts';

const stateAt = (position: unknown, more: object = {}): FunnelState =>
  funnelState.parse(JSON.parse(JSON.stringify({ ...wholeState, ...more, position })));
const isoAt = '2030-01-02T00:00:00.000Z';

/** At a position whose evaluation, where it has one, is paused for a capture. */
const expected: Record<
  Stage,
  { waitingFor: WaitingFor; kind: NextAction['kind']; deadline: string | null; attempt: number }
> = {
  passive_check: { waitingFor: 'riskos', kind: 'wait', deadline: null, attempt: 2 },
  document_verification: {
    waitingFor: 'candidate',
    kind: 'show_capture_link',
    deadline: isoAt,
    attempt: 2,
  },
  selfie_reverification: {
    waitingFor: 'candidate',
    kind: 'show_capture_link',
    deadline: isoAt,
    attempt: 2,
  },
  payroll_setup: { waitingFor: 'riskos', kind: 'wait', deadline: null, attempt: 2 },
  awaiting_document_request: { waitingFor: 'hr', kind: 'request_documents', deadline: null, attempt: 1 },
  review: { waitingFor: 'reviewer', kind: 'review', deadline: isoAt, attempt: 2 },
  verified: { waitingFor: 'nothing', kind: 'none', deadline: isoAt, attempt: 1 },
  needs_attention: { waitingFor: 'operator', kind: 'needs_attention', deadline: null, attempt: 2 },
  closed: { waitingFor: 'nothing', kind: 'none', deadline: null, attempt: 1 },
};

describe('a status', () => {
  it.each(stages)('at %s', (stage) => {
    const { kind, ...rest } = expected[stage];
    const status = statusOf(stateAt(positions[stage]));
    expect(status).toMatchObject({
      applicationId: 'app-1042',
      stage,
      ...rest,
      baseline: true,
      outcome: stage === 'closed' ? 'withdrawn' : null,
      trouble: { reason: 'unreadable', problem: 'ServerError', since: isoAt },
      verdicts: wholeState.verdicts,
      images: wholeState.images,
    });
    expect(status.nextAction.kind).toBe(kind);
    expect(status.attention).toEqual(
      stage === 'needs_attention'
        ? {
            kind: 'data_refused',
            reason: attentionText(causes.request_refused),
            fields: ['candidate.email'],
          }
        : null,
    );
  });

  it('of a funnel of which nothing is known yet', () => {
    const nothing = { verdicts: [], timers: {}, trouble: null, baseline: null };
    expect(statusOf(stateAt(positions.verified, nothing))).toMatchObject({
      attempt: 0,
      deadline: null,
      trouble: null,
      baseline: false,
      escalation: null,
    });
  });
});

describe('what the candidate has to do', () => {
  const { url: _url, transactionToken: _token, ...bare } = evaluation({ state: 'paused' });
  const paused = (latest: object, more: object = {}): Status =>
    statusOf(
      stateAt(
        {
          ...positions.document_verification,
          attempt: { ...reading, ...more, latest: { ...bare, ...latest } },
        },
        {
          application: {
            ...wholeState.application,
            candidate: { ...wholeState.application.candidate, nationalId: undefined, address: undefined },
          },
        },
      ),
    );
  const url = 'https://riskos.example/1';
  const advice = [{ key: 'glare', text: 'Avoid glare.' }];
  const link = { kind: 'show_capture_link', url, attempt: 2, of: 7, expiresAt: isoAt };

  it.each<[string, object, object, object]>([
    ['a link', { pausedFor: 'capture', url }, {}, { ...link, advice: advice }],
    [
      'a link with a token',
      { pausedFor: 'capture', url, transactionToken: 'token-1' },
      {},
      { ...link, transactionToken: 'token-1', advice: advice },
    ],
    ['a link that is not known yet', { pausedFor: 'capture' }, {}, { kind: 'wait' }],
    ['a hosted flow', { pausedFor: 'hosted_flow', url }, {}, { kind: 'open_hosted_flow', url }],
    ['a hosted flow without a link', { pausedFor: 'hosted_flow' }, {}, { kind: 'wait' }],
    [
      'a code, the first time',
      { pausedFor: 'one_time_code' },
      { codes: 0 },
      { kind: 'enter_one_time_code', attemptsLeft: 5 },
    ],
    [
      'a code, after two wrong ones',
      { pausedFor: 'one_time_code' },
      { codes: 2 },
      { kind: 'enter_one_time_code', attemptsLeft: 3 },
    ],
    [
      'a code, after more than RiskOS takes',
      { pausedFor: 'one_time_code' },
      { codes: 9 },
      { kind: 'enter_one_time_code', attemptsLeft: 0 },
    ],
    [
      'what RiskOS has not been given',
      { pausedFor: 'more_information' },
      {},
      { kind: 'provide_information', fields: ['address', 'nationalId'] },
    ],
    ['nothing that is known', { pausedFor: 'unknown' }, {}, { kind: 'wait' }],
    ['nothing', {}, {}, { kind: 'wait' }],
    ['nothing, once it goes on', { pausedFor: 'capture', url, state: 'in_progress' }, {}, { kind: 'wait' }],
  ])('%s', (_what, latest, more, action) => {
    expect(paused(latest, more).nextAction).toStrictEqual(action);
  });

  it('is never more than there is: an attempt that was granted beyond the last counts', () => {
    const position = { ...positions.document_verification, tries: 9 };
    expect(statusOf(stateAt(position)).nextAction).toMatchObject({ attempt: 9, of: 9 });
  });
});

describe('an escalation', () => {
  const fired = (times: number[], count: number) => ({ timers: { deadline: { times, fired: count } } });

  it.each<[string, number[], number, Status['escalation']]>([
    ['before the reminder', [1, 2], 0, null],
    ['after the reminder', [1, 2], 1, 'reminder'],
    ['after the deadline', [1, 2], 2, 'overdue'],
    ['before a deadline without a reminder', [2], 0, null],
    ['after a deadline without a reminder', [2], 1, 'overdue'],
  ])('%s', (_when, times, count, escalation) => {
    expect(escalationOf(stateAt(positions.review, fired(times, count)))).toBe(escalation);
    expect(escalationOf(stateAt(positions.document_verification, fired(times, count)))).toBe(escalation);
    // Nobody is late where no person is waited for.
    expect(escalationOf(stateAt(positions.passive_check, fired(times, count)))).toBeNull();
    expect(escalationOf(stateAt(positions.needs_attention, fired(times, count)))).toBeNull();
  });

  it('is none without a deadline', () => {
    expect(escalationOf(stateAt(positions.review, { timers: {} }))).toBeNull();
  });
});

describe('a stop for attention', () => {
  const rows: Record<AttentionCause['kind'], [Resumption, RegExp]> = {
    request_refused: [
      'event',
      /^RiskOS refused the request \(DataRefused\): correct the data\. RiskOS may already have processed .*SMS/,
    ],
    requests_unclear: [
      'event',
      /^RiskOS gave no clear answer to 3 requests\. .*SMS if the check needs the candidate\./,
    ],
    reading_refused: [
      'request',
      /^RiskOS refused to show the evaluation \(PermissionDenied\): change the key\.$/,
    ],
    evaluation_unknown: [
      'request',
      /^RiskOS no longer knows the evaluation eval-7 .*A retry begins another evaluation/,
    ],
    unreadable_after_deadline: [
      'reading',
      /^RiskOS has been unreadable since the deadline \(ServerError\)\. .*resumes by itself/,
    ],
    riskos_late: [
      'reading',
      /^RiskOS has not finished this evaluation by its deadline\. .*resumes by itself/,
    ],
    execution_failed: [
      'reading',
      /^The RiskOS workflow of this evaluation failed\. .*A retry begins another/,
    ],
    technical_errors: ['request', /^RiskOS ended 4 evaluations with a technical error\. .*then retry\.$/],
    reset_run_gone: ['request', /^The funnel was reset, .*SMS if the check needs the candidate/],
  };

  it.each(Object.values(causes))('$kind says what happened, and what lets the funnel go on', (cause) => {
    const [resumption, text] = rows[cause.kind];
    expect(resumptionOf(cause)).toBe(resumption);
    expect(attentionText(cause)).toMatch(text);
    expect(attentionFields(cause)).toEqual(cause.kind === 'request_refused' ? ['candidate.email'] : []);
  });

  it('that sent no SMS says nothing of one, and waits for a person', () => {
    const cause = { ...causes.request_refused, smsPossible: false };
    expect(attentionText(cause)).toBe('RiskOS refused the request (DataRefused): correct the data.');
    expect(resumptionOf(cause)).toBe('request');
  });
});

it('attempts are counted where the candidate does something', () => {
  const { policy } = stateAt(positions.verified).application;
  expect(maxAttempts(policy, 'document_verification')).toBe(7);
  expect(maxAttempts(policy, 'selfie_reverification')).toBe(3);
  expect(maxAttempts(policy, 'passive_check')).toBe(1);
  expect(maxAttempts(policy, 'payroll_setup')).toBe(1);
});
