import { MockActivityEnvironment } from '@temporalio/testing';
import { ApplicationFailure } from '@temporalio/common';
import { DefaultLogger } from '@temporalio/worker';
import { describe, expect, it } from 'vitest';
import { createEvaluationActivities, type EvaluationAsk } from '../../activities/evaluations.ts';
import {
  parseRiskosFailure,
  type Processed,
  processedWords,
  type RiskosFailureType,
  type RiskosProblem,
  type RiskosTrouble,
} from '../../src/contract/index.ts';
import { type RiskosClient, RiskosError } from '../../src/riskos/index.ts';
import { evalId, evaluationId, person } from '../riskos/support/answers.ts';

type Call = 'createEvaluation' | 'patchEvaluation' | 'readEvaluation';
type Failing = (how: { attempt?: number }) => Promise<ApplicationFailure>;

const ask: EvaluationAsk = {
  evaluationId,
  applicationId: 'app-1042',
  useCase: 'document_verification',
  candidate: person,
  custom: {},
  capture: { sendMessage: true, language: 'en-us' },
  tries: 1,
  lineage: { unchecked: [], bases: [] },
  unclear: 0,
};

const noneEarlier = () => Promise.resolve({ bases: [], evalId: undefined, perhaps: false });

/** The failure of a call whose RiskOS client fails with this. */
function failing(call: Call, error: unknown): Failing {
  const fail = (): Promise<never> => Promise.reject(error);
  const riskos: RiskosClient = { create: fail, patch: fail, get: fail, documents: fail, close: fail };
  return (info) => failureOf(riskos, call, info.attempt);
}

async function failureOf(riskos: RiskosClient, call: Call, attempt = 1): Promise<ApplicationFailure> {
  const activities = createEvaluationActivities(riskos, false, noneEarlier);
  const calls = {
    createEvaluation: () => activities.createEvaluation(ask),
    patchEvaluation: () =>
      activities.patchEvaluation({ evalId, patch: { kind: 'resend_one_time_code', evaluationId } }),
    readEvaluation: () => activities.readEvaluation({ evaluationId, evalId }),
  };
  const logger = new DefaultLogger('WARN', ({ message, meta }) =>
    lines.push(JSON.stringify([message, meta])),
  );
  const activity = new MockActivityEnvironment({ attempt }, { logger });
  const failure: unknown = await activity.run(calls[call]).then(
    () => new Error('it did not fail'),
    (reason: unknown) => reason,
  );
  if (failure instanceof ApplicationFailure) return failure;
  throw failure;
}

function riskosTroubleOf({ type, details }: ApplicationFailure): RiskosTrouble {
  return parseRiskosFailure(type, details?.[0]);
}

const lines: string[] = [];

/** Whether only a person can mend it. A new word without a row does not compile. */
const needsAPerson: Record<RiskosProblem, boolean> = {
  InvalidSettings: true,
  InvalidRequest: true,
  DataRefused: true,
  AuthenticationFailed: true,
  PermissionDenied: true,
  WorkflowNotFound: true,
  WorkflowNotPublished: true,
  NotFound: true,
  RequestRefused: true,
  RateLimited: false,
  ServerError: false,
  Unreachable: false,
  InsecureConnection: true,
  TimedOut: false,
  ConnectionLost: false,
  Cancelled: false,
  Redirected: true,
  MalformedAnswer: false,
  IncompleteAnswer: false,
  ErrorInAnswer: false,
  OversizedAnswer: true,
  EncodedAnswer: true,
  WrongEnvironment: true,
  WrongEvaluation: true,
  InvalidWebhook: true,
};

/** What nobody has to correct, by what is known of the request. */
const otherwise: Record<Processed, RiskosFailureType> = {
  no: 'RiskosNotProcessed',
  perhaps: 'RiskosAmbiguous',
  yes: 'RiskosAmbiguous',
};

const problems = Object.entries(needsAPerson).flatMap(([reason, needsPerson]) =>
  processedWords.map((processed) => ({ reason: problemOf(reason), needsPerson, processed })),
);

function problemOf(word: string): RiskosProblem {
  const found = Object.keys(needsAPerson).find((known): known is RiskosProblem => known === word);
  if (found === undefined) throw new Error(word);
  return found;
}

describe.each(['createEvaluation', 'patchEvaluation'] as const)('a failure of %s', (call) => {
  it.each(problems)(
    'says of $reason, processed: $processed, both who can end it and whether it was processed',
    async ({ reason, needsPerson, processed }) => {
      const error = new RiskosError(reason, { processed, evalId, fields: ['candidate.email'] });
      const failure = await failing(call, error)({});
      expect(failure.type).toBe(needsPerson ? 'RiskosRefused' : otherwise[processed]);
      // A second POST is a second SMS, so Temporal never sends it again.
      expect(failure.nonRetryable).toBe(true);
      const trouble = riskosTroubleOf(failure);
      const { action } = error;
      expect(trouble).toMatchObject({ reason, action, fields: ['candidate.email'], evalId, processed });
      // Where another try could do it twice, or does not pay, there is none to wait for.
      expect(trouble.retryAfter !== null).toBe(!needsPerson && processed === 'no');
    },
  );

  it('is perhaps processed when the worker itself is at fault, and repeats nothing of its message', async () => {
    const failure = await failing(call, new TypeError('robin.quill@example.com is odd'))({});
    expect(failure).toMatchObject({ type: 'RiskosAmbiguous', nonRetryable: true });
    expect(failure.details?.[0]).toMatchObject({ reason: 'Unexpected', processed: 'perhaps', evalId: null });
    expect(lines.join()).toContain('TypeError');
    expect(JSON.stringify(failure) + failure.message + failure.stack + lines.join()).not.toContain('robin');
  });

  it('waits at least as long as RiskOS asks', async () => {
    const limited = new RiskosError('RateLimited', { processed: 'no', retryAfter: 40_000 });
    const failure = await failing(call, limited)({});
    expect(riskosTroubleOf(failure).retryAfter).toBeGreaterThanOrEqual(40_000);
  });
});

describe('a failure of readEvaluation', () => {
  it.each(Object.entries(needsAPerson))(
    'says of %s whether it is read again',
    async (reason, needsPerson) => {
      const failure = await failing(
        'readEvaluation',
        new RiskosError(problemOf(reason), { processed: 'no' }),
      )({});
      expect(failure.type).toBe(needsPerson ? 'RiskosRefused' : 'RiskosUnavailable');
      expect(failure.nonRetryable).toBe(needsPerson);
      expect(failure.details?.[0]).toMatchObject({ reason, processed: 'no' });
    },
  );

  it.each([400, 404])('is an unknown evaluation when RiskOS answers %d', async (status) => {
    const failure = await failing(
      'readEvaluation',
      new RiskosError('NotFound', { status, processed: 'no' }),
    )({});
    expect(failure).toMatchObject({ type: 'RiskosUnknownEvaluation', nonRetryable: true });
  });

  it('is a foreign evaluation when it belongs to another request', async () => {
    const get: RiskosClient['get'] = () =>
      Promise.resolve({
        evaluationId: 'other',
        evalId,
        state: 'in_progress',
        reasonCodes: [],
        advice: [],
        risk: false,
        technical: false,
        failed: false,
        failedSteps: [],
        tags: [],
        reviewQueues: [],
      });
    const fail = (): Promise<never> => Promise.reject(new Error('not asked for'));
    const riskos: RiskosClient = { create: fail, patch: fail, get, documents: fail, close: fail };
    const failure = await failureOf(riskos, 'readEvaluation');
    expect(failure).toMatchObject({ type: 'RiskosForeignEvaluation', nonRetryable: true });
    expect(failure.details?.[0]).toMatchObject({ reason: 'WrongEvaluation', processed: 'no' });
  });

  it('is read again after a fault of the worker', async () => {
    const failure = await failing('readEvaluation', new TypeError('x'))({});
    expect(failure).toMatchObject({ type: 'RiskosUnavailable', nonRetryable: false });
  });

  it('waits longer with each attempt, and as long as RiskOS asks', async () => {
    const limited = new RiskosError('RateLimited', { processed: 'no', retryAfter: 7000 });
    const delayed = await failing('readEvaluation', limited)({ attempt: 3 });
    expect(Number(delayed.nextRetryDelay)).toBeGreaterThanOrEqual(7000);
    expect(Number(delayed.nextRetryDelay)).toBeLessThanOrEqual(7000 + 4000);
  });
});
