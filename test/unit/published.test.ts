import { expect, test } from 'vitest';
import {
  actionFor,
  attentionReason,
  evaluationIdOfImages,
  firstFields,
  imagesOfMemo,
  type ImagesStatus,
  imagesWorkflowIdOf,
  privateStatus,
  publishedFields,
  publishedImages,
  publishedStatus,
  startingStatus,
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
  expect(clear.nextAction).toEqual({ kind: 'needs_attention' });
  expect(clear.trouble).toEqual({ reason: 'unreadable', since: '2026-01-05T09:00:00.000Z' });
  expect(publishedStatus.parse(clear)).toEqual(clear);
});

test('the private field holds the rest', () => {
  const { private: hidden } = publishedFields(status);
  const evaluationId = (attempt: number) => `app-1~0a1b2c3d~document_verification~${attempt}`;
  expect(hidden).toEqual({
    nextAction: { kind: 'needs_attention', reason: 'reason-canary' },
    verdicts: [3, 4, 5, 6, 7].map((attempt) => ({
      evaluationId: evaluationId(attempt),
      reasonCodes: ['R827-canary'],
      rule: 'rule-canary',
    })),
    attention: { reason: 'reason-canary', fields: ['field-canary'] },
    images: [
      { evaluationId: evaluationId(1), result: 'minor' },
      { evaluationId: evaluationId(2), result: 'military' },
    ],
    problem: 'problem-canary',
  });
  expect(privateStatus.parse(hidden)).toEqual(hidden);
});

test('what is absent stays absent', () => {
  const { rule: _rule, ...plain } = verdict(1);
  const quiet = publishedFields({ ...status, verdicts: [plain], attention: null, trouble: null });
  expect([quiet.status.attention, quiet.status.trouble]).toEqual([null, null]);
  expect([quiet.private.attention, quiet.private.problem]).toEqual([null, null]);
  expect(quiet.private.verdicts[0]).not.toHaveProperty('rule');
});

test.each([
  [{ kind: 'wait' }, true],
  [{ kind: 'another' }, false],
  [{}, false],
  [null, false],
  ['wait', false],
  [undefined, false],
])('a private field whose next action is %j is readable: %s', (nextAction, readable) => {
  const { private: hidden } = firstFields('app-1', false);
  expect(privateStatus.safeParse({ ...hidden, nextAction }).success).toBe(readable);
});

const first = {
  applicationId: 'app-1',
  stage: 'passive_check',
  attempt: 1,
  waitingFor: 'riskos',
  deadline: null,
  escalation: null,
  nextAction: { kind: 'wait' },
  verdicts: [],
  images: [],
  baseline: false,
  outcome: null,
  attention: null,
  trouble: null,
};

test('a funnel begins with its passive check, or verified where the application has a baseline', () => {
  expect(firstFields('app-1', false).status).toEqual(first);
  expect(firstFields('app-1', false).private.nextAction).toEqual({ kind: 'wait' });
  expect(firstFields('app-1', true).status).toEqual({
    ...first,
    stage: 'verified',
    attempt: 0,
    waitingFor: 'nothing',
    nextAction: { kind: 'none' },
    baseline: true,
  });
});

test('a funnel that no worker has begun is starting', () => {
  expect(startingStatus('app-1')).toEqual({ ...first, stage: 'starting', attempt: 0, waitingFor: 'nothing' });
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
    hold: { by: 'unreadable', reason: 'unreadable', since: '2026-01-05T09:00:00.000Z' },
  });
  expect(imagesOfMemo(undefined, fields.private)).toBeUndefined();
  const { hold: _hold, ...noHold } = fields.status;
  expect(imagesOfMemo(noHold, fields.private)).toBeUndefined();
  expect(publishedImages({ ...images, hold: null })).toMatchObject({
    status: { hold: null },
    private: { hold: null },
  });
});

test('the workflow of images is named after their evaluation', () => {
  const evaluationId = 'app-1~0a1b2c3d~document_verification~1';
  expect(imagesWorkflowIdOf(evaluationId)).toBe(`images-${evaluationId}`);
  expect(evaluationIdOfImages(`images-${evaluationId}`)).toBe(evaluationId);
});

test('each reason for which there are no images says what to do', () => {
  expect(actionFor('storage_full')).toMatch(/^make room/);
  expect(actionFor('zip64')).toMatch(/^look at the images in the RiskOS dashboard/);
});
