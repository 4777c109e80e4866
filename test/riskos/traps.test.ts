import { describe, expect, it } from 'vitest';
import { verdictOf } from '../../src/contract/index.ts';
import { interpretEvaluation, parseWebhook, RiskosError } from '../../src/riskos/index.ts';
import {
  answer,
  baselineId,
  captureRequest,
  captureToken,
  captureUrl,
  completed,
  documentRequest,
  evalId,
  evaluationId,
  imageRequest,
  passiveRequest,
  paused,
  selfie,
  verification,
} from './support/answers.ts';
import { clientOf, failureOf, startAnswering, startRiskos, startTcp } from './support/server.ts';

describe('trap 1: eval_status and evaluation_status are one field under two names', () => {
  it.each(['eval_status', 'evaluation_status'])('reads %s', (name) => {
    expect(interpretEvaluation(answer({ [name]: 'evaluation_completed', decision: 'ACCEPT' })).state).toBe(
      'completed',
    );
    expect(interpretEvaluation(answer({ [name]: 'evaluation_in_progress' })).state).toBe('in_progress');
  });

  it('reads the one that is there when the other is null', () => {
    const both = answer({ eval_status: null, evaluation_status: 'evaluation_completed', decision: 'REJECT' });
    expect(interpretEvaluation(both)).toMatchObject({ state: 'completed', decision: 'REJECT' });
  });
});

describe('trap 2: an evaluation that finishes inside the POST sends no webhook', () => {
  it('gives the decision from the answer of the POST', async () => {
    const riskos = await startAnswering(200, completed({ decision: 'REJECT' }));
    const evaluation = await clientOf(riskos.url).create(passiveRequest);
    expect(evaluation).toMatchObject({ evaluationId, evalId, state: 'completed', decision: 'REJECT' });
  });
});

describe('trap 3: POST answers 200 when finished and 201 when paused', () => {
  it.each([
    [200, completed(), 'completed'],
    [201, paused({ data_enrichments: [captureRequest()] }), 'paused'],
  ] as const)('takes %d', async (status, body, state) => {
    const riskos = await startAnswering(status, body);
    expect((await clientOf(riskos.url).create(documentRequest)).state).toBe(state);
  });
});

describe('trap 4: REVIEW on a paused evaluation means nothing yet', () => {
  it('gives no decision while it is paused or in progress', () => {
    const waiting = interpretEvaluation(paused({ data_enrichments: [captureRequest()] }));
    expect(waiting).not.toHaveProperty('decision');
    expect(waiting).not.toHaveProperty('decidedAt');
    const working = interpretEvaluation(
      answer({ eval_status: 'evaluation_in_progress', decision: 'REVIEW' }),
    );
    expect(working).not.toHaveProperty('decision');
  });

  it('gives REVIEW of a completed one', () => {
    expect(interpretEvaluation(completed({ decision: 'REVIEW' })).decision).toBe('REVIEW');
  });
});

describe('trap 5: the top-level decision counts, not that of document verification', () => {
  it('gives REJECT although the document was accepted, and keeps both to look at', () => {
    const evaluation = interpretEvaluation(
      completed({
        decision: 'REJECT',
        data_enrichments: [
          verification({
            decision: { name: 'standard', value: 'accept' },
            digitalIntelligence: { decision: { value: 'reject' } },
          }),
        ],
      }),
    );
    expect(evaluation).toMatchObject({
      decision: 'REJECT',
      moduleDecision: 'ACCEPT',
      digitalIntelligenceDecision: 'REJECT',
    });
  });
});

describe('trap 6: the capture request is found by its provider', () => {
  it('finds it under any name', () => {
    for (const enrichment_name of ['Socure Document Request - No Selfie', 'renamed by the customer', null]) {
      const evaluation = interpretEvaluation(
        paused({
          data_enrichments: [{ enrichment_provider: 'Socure' }, captureRequest({ enrichment_name })],
        }),
      );
      expect(evaluation).toMatchObject({
        pausedFor: 'capture',
        url: captureUrl,
        transactionToken: captureToken,
      });
    }
  });

  it('is not led astray by the name', () => {
    const other = captureRequest({ enrichment_provider: 'RestAPI' });
    expect(interpretEvaluation(paused({ data_enrichments: [other] })).pausedFor).toBe('unknown');
  });
});

describe('trap 7: the baseline is the referenceId beside documentVerification', () => {
  it('is not that of the Document Request, in whatever order they come', () => {
    for (const data_enrichments of [
      [captureRequest(), verification(), imageRequest()],
      [imageRequest(), verification(), captureRequest()],
    ]) {
      expect(interpretEvaluation(completed({ data_enrichments })).referenceId).toBe(baselineId);
    }
  });

  it('is absent when no document was verified, also after a selfie', () => {
    const evaluation = interpretEvaluation(completed({ data_enrichments: [captureRequest(), selfie()] }));
    expect(evaluation).not.toHaveProperty('referenceId');
    expect(evaluation.previousReferenceId).toBe(baselineId);
  });
});

describe('trap 8: a second POST is a re-run or a second evaluation', () => {
  it('sends each POST once, without anything that pretends to make it idempotent, when the connection is cut', async () => {
    const server = await startTcp((socket) => socket.once('data', () => socket.destroy()));
    const error = await failureOf(clientOf(server.url).create(documentRequest));
    expect(error).toMatchObject({ type: 'ConnectionLost', processed: 'perhaps' });
    expect(server.requests.filter((text) => text.startsWith('POST'))).toHaveLength(1);
    expect(server.requests.join('').toLowerCase()).not.toContain('idempot');
  });

  it('sends each POST once when RiskOS fails', async () => {
    const riskos = await startAnswering(500, { error: 'INTERNAL_ERROR' });
    const error = await failureOf(clientOf(riskos.url).create(documentRequest));
    expect(error).toMatchObject({ type: 'ServerError', processed: 'perhaps' });
    expect(riskos.received).toHaveLength(1);
  });

  it('learns from a webhook both the id of the request and the id of the evaluation', () => {
    const event = parseWebhook({
      event_id: 'event-1',
      event_at: '2026-03-02T10:00:00.12345678Z',
      event_type: 'evaluation_completed',
      data: { id: evaluationId, eval_id: evalId, environment_name: 'Sandbox' },
    });
    expect(event).toMatchObject({ evaluationId, evalId });
  });
});

describe('trap 9: much may be null or absent, and an error has two names', () => {
  const nullable = ['tags', 'score', 'notes', 'sub_status', 'reason_codes', 'review_queues', 'decision_at'];

  it('takes null for all of them', () => {
    const nulls = Object.fromEntries(nullable.map((name) => [name, null]));
    const data_enrichments = [
      { enrichment_provider: 'Socure', response: null, status_code: null, error: null },
    ];
    expect(interpretEvaluation(completed({ ...nulls, data_enrichments }))).toMatchObject({
      decision: 'ACCEPT',
      reasonCodes: [],
      technical: false,
    });
  });

  it('takes absence for all of them', () => {
    const bare = {
      id: evaluationId,
      eval_id: evalId,
      eval_status: 'evaluation_completed',
      decision: 'ACCEPT',
    };
    expect(interpretEvaluation(bare)).toEqual({
      evaluationId,
      evalId,
      state: 'completed',
      failed: false,
      decision: 'ACCEPT',
      reasonCodes: [],
      advice: [],
      risk: false,
      failedSteps: [],
      technical: false,
      tags: [],
      reviewQueues: [],
    });
  });

  it.each(['error', 'error_message'])('sees an enrichment that failed by its %s', (name) => {
    const failed = {
      enrichment_provider: 'Socure',
      request: { modules: ['documentverification'] },
      response: null,
      [name]: 'upstream timed out',
    };
    expect(
      interpretEvaluation(completed({ decision: 'RESUBMIT', data_enrichments: [failed] })).technical,
    ).toBe(true);
  });

  it.each(['docv_error', 'docv_request_error', 'docv_verification_error'])('sees the tag %s', (tag) => {
    expect(interpretEvaluation(completed({ decision: 'CANCEL', tags: ['other', tag] })).technical).toBe(true);
  });

  it('expects the error of the Image Request', () => {
    const data_enrichments = [verification(), imageRequest()];
    expect(interpretEvaluation(completed({ data_enrichments })).technical).toBe(false);
  });
});

describe('trap 10: decisions of the modules have name or strategy', () => {
  it('reads both', () => {
    const document = verification({ decision: { name: 'standard', value: 'resubmit' } });
    expect(interpretEvaluation(completed({ data_enrichments: [document] })).moduleDecision).toBe('RESUBMIT');
    const reverified = selfie({ decision: { strategy: 'standard', value: 'reject' } });
    expect(interpretEvaluation(completed({ data_enrichments: [reverified] }))).toMatchObject({
      moduleDecision: 'REJECT',
      digitalIntelligenceDecision: 'REVIEW',
    });
  });
});

describe("trap 11: the dashboard's test ping", () => {
  it('is known by its id and its empty environment', () => {
    const ping = {
      event_id: 'event-2',
      event_at: '2026-03-02T10:00:00Z',
      event_type: 'evaluation_completed',
      data: { id: 'verify-ping1', eval_id: evalId, environment_name: '', decision: 'ACCEPT' },
    };
    expect(parseWebhook(ping)).toMatchObject({ isTestPing: true, evaluationId: 'verify-ping1' });
    expect(parseWebhook(ping)).not.toHaveProperty('environment');
    const real = { ...ping, data: { ...ping.data, id: evaluationId, environment_name: 'Sandbox' } };
    expect(parseWebhook(real)).toMatchObject({ isTestPing: false, environment: 'Sandbox' });
  });
});

describe('trap 12: a failure of RiskOS is never a rejection of the candidate', () => {
  it.each([400, 401, 403, 404, 408, 418, 429, 500, 502, 503, 504])(
    'rejects the call on %d',
    async (status) => {
      const riskos = await startAnswering(status, { error: 'no', decision: 'REJECT', eval_id: evalId });
      expect(await failureOf(clientOf(riskos.url).create(passiveRequest))).toBeInstanceOf(RiskosError);
    },
  );

  it('rejects the call on a time-out', async () => {
    const riskos = await startRiskos(() => undefined);
    const client = clientOf(riskos.url, { timeouts: { total: 40 } });
    expect(await failureOf(client.create(passiveRequest))).toMatchObject({
      type: 'TimedOut',
      fault: 'riskos',
    });
  });

  it('takes no decision from a workflow that failed', () => {
    const event = parseWebhook({
      event_id: 'event-3',
      event_at: '2026-03-02T10:00:00Z',
      event_type: 'workflow_execution_failed',
      data: { id: evaluationId, eval_id: evalId, error_message: 'step 4 failed for robin.quill@example.com' },
    });
    expect(JSON.stringify(event)).not.toContain('robin');
    expect(event).toEqual({
      eventId: 'event-3',
      eventType: 'workflow_execution_failed',
      eventAt: '2026-03-02T10:00:00.000Z',
      evaluationId,
      evalId,
      isTestPing: false,
    });
  });
});

describe('trap 13: decision words differ between workflows', () => {
  it.each([
    ['accept', 'ACCEPT'],
    [' Approve ', 'APPROVE'],
    ['DECLINE', 'DECLINE'],
    ['MANUAL REVIEW', 'MANUAL REVIEW'],
    ['needs  info ', 'NEEDS INFO'],
    ['tier-2 check', 'TIER-2 CHECK'],
    ['geprüft', 'GEPRÜFT'],
    ['ACCEPT; DROP', 'UNKNOWN'],
    ['A'.repeat(41), 'UNKNOWN'],
    ['', 'UNKNOWN'],
    [null, 'UNKNOWN'],
    [7, 'UNKNOWN'],
  ])('passes %j on as %s, for configuration to map', (decision, word) => {
    expect(interpretEvaluation(completed({ decision })).decision).toBe(word);
  });

  it('leaves an unknown word to a person', () => {
    const { decision } = interpretEvaluation(completed({ decision: 'PROBABLY_FINE' }));
    expect(verdictOf(decision, {})).toEqual({ verdict: 'review', flags: ['unknown_decision'] });
  });

  it('never lets a decision that nobody can read be mapped', () => {
    const { decision } = interpretEvaluation(completed({ decision: 'ACCEPT; DROP' }));
    expect(verdictOf(decision, { UNKNOWN: 'accept' }).verdict).toBe('review');
  });
});

describe('trap 14: timestamps carry 8 or 9 fractional digits', () => {
  it('gives instants that are in the right order as text', () => {
    const written = [
      '2026-03-02T10:00:00.49999999Z',
      '2026-03-02T10:00:00.499999991Z',
      '2026-03-02T10:00:00.500000001Z',
    ];
    expect(written.toSorted()).not.toEqual(written);
    const instants = written.map(
      (decision_at) => interpretEvaluation(completed({ decision_at })).decidedAt ?? '',
    );
    expect(instants).toEqual([
      '2026-03-02T10:00:00.499Z',
      '2026-03-02T10:00:00.499Z',
      '2026-03-02T10:00:00.500Z',
    ]);
  });

  it('leaves out what is no time', () => {
    for (const decision_at of ['soon', '', '2026-13-45T99:00:00Z', 5, null]) {
      expect(interpretEvaluation(completed({ decision_at }))).not.toHaveProperty('decidedAt');
    }
  });
});
