import { expect, test } from 'vitest';
import {
  attentionReason,
  imagesOfMemo,
  type ImagesStatus,
  publishedFields,
  publishedImages,
  type Status,
} from '../../src/contract/index.ts';

const verdict = (attempt: number): Status['verdicts'][number] => ({
  stage: 'document_verification',
  attempt,
  verdict: 'resubmit',
  flags: [],
  reasonCodes: ['R827-canary'],
  evaluationId: `app-1~0a1b2c3d~document_verification~${attempt}`,
  evalId: `eval-${attempt}`,
  at: '2026-01-05T09:00:00.000Z',
  rule: 'rule-canary',
  audit: { failedSteps: [], tags: ['tag-canary'], reviewQueues: [] },
});

const status: Status = {
  applicationId: 'app-1',
  stage: 'needs_attention',
  attempt: 7,
  waitingFor: 'operator',
  deadline: null,
  escalation: null,
  nextAction: { kind: 'needs_attention', reason: 'reason-canary' },
  verdicts: [1, 2, 3, 4, 5, 6, 7].map(verdict),
  images: [
    { evaluationId: 'app-1~0a1b2c3d~document_verification~1', result: 'minor', count: 0 },
    { evaluationId: 'app-1~0a1b2c3d~document_verification~2', result: 'military', count: 0 },
    { evaluationId: 'app-1~0a1b2c3d~document_verification~3', result: 'archived', count: 3 },
  ],
  baseline: false,
  outcome: null,
  attention: { kind: 'request_refused', reason: 'reason-canary', fields: ['field-canary'] },
  trouble: { reason: 'unreadable', problem: 'problem-canary', since: '2026-01-05T09:00:00.000Z' },
};

test('the clear field holds words, and nothing that says something of the candidate', () => {
  const { status: clear } = publishedFields(status);
  expect(JSON.stringify(clear)).not.toMatch(/canary|minor|military/);
  expect(clear.images.map(({ result }) => result)).toEqual(['none', 'none', 'archived']);
  expect(clear.verdicts.map(({ attempt }) => attempt)).toEqual([3, 4, 5, 6, 7]);
  expect(clear.attention).toEqual({ kind: 'request_refused' });
});

test('the private field holds the rest', () => {
  const { private: hidden } = publishedFields(status);
  expect(hidden.images.map(({ result }) => result)).toEqual(['minor', 'military']);
  expect(hidden.verdicts).toHaveLength(5);
  expect(hidden).toMatchObject({
    attention: { reason: 'reason-canary', fields: ['field-canary'] },
    problem: 'problem-canary',
  });
});

test('a refusal of data, which only a correction mends, is told apart from one of the set-up', () => {
  const refusal = { kind: 'request_refused' as const, action: '', fields: [], smsPossible: false };
  expect(attentionReason({ ...refusal, problem: 'AuthenticationFailed' })).toBe('request_refused');
  expect(attentionReason({ ...refusal, problem: 'DataRefused' })).toBe('data_refused');
  expect(attentionReason({ ...refusal, problem: 'InvalidRequest', smsPossible: true })).toBe('data_refused');
  expect(attentionReason({ kind: 'riskos_late' })).toBe('riskos_late');
});

test('of images who holds them and what says something of the candidate is private, and comes back whole', () => {
  const images: ImagesStatus = {
    evaluationId: 'app-1~0a1b2c3d~document_verification~1',
    applicationId: 'app-1',
    result: 'minor',
    count: 0,
    state: 'ended',
    keepUntil: null,
    hold: { by: 'by-canary', reason: 'why-canary', since: '2026-01-05T09:00:00.000Z' },
    action: null,
    trouble: null,
  };
  const fields = publishedImages(images);
  expect(JSON.stringify(fields.status)).not.toMatch(/canary|minor/);
  expect(imagesOfMemo(fields.status, fields.private)).toEqual(images);
  expect(imagesOfMemo(fields.status, undefined)).toMatchObject({
    result: 'none',
    hold: { by: 'unreadable' },
  });
});
