import type {
  AwaitingDocumentRequest,
  Checking,
  Closed,
  Deadline,
  NeedsAttention,
  Posting,
  Reading,
  Review,
  Verified,
} from '../../../src/contract/index.ts';
import type { FunnelByHand } from '../by-hand.ts';
import { asking, attempting, inReview, stoppedAt, verified } from './bases.ts';
import {
  at,
  call,
  day,
  decided,
  event,
  hour,
  idOf,
  minute,
  paused,
  type Rows,
  type Table,
  timers,
} from './row.ts';

const current = idOf('document_verification', 2);
const earlier = idOf('document_verification', 1);
const refused = {
  kind: 'request_refused',
  problem: 'DataRefused',
  action: 'correct it',
  fields: ['candidate.email'],
  smsPossible: true,
};
const advice = [{ key: 'glare', text: 'Avoid glare.' }];

const posted = (funnel: FunnelByHand): Record<string, unknown> => {
  funnel.fire(timers.post);
  return call(funnel, 'createEvaluation');
};
const polled = (funnel: FunnelByHand): Record<string, unknown> => {
  funnel.fire(timers.read);
  return call(funnel, 'readEvaluation');
};
const nextAction =
  (name: string) =>
  (funnel: FunnelByHand): unknown =>
    Object.entries(funnel.status().nextAction).find(([field]) => field === name)?.[1];
const isStopped = (funnel: FunnelByHand): unknown => {
  funnel.fire(timers.post);
  return [funnel.status().stage, funnel.asked('createEvaluation')];
};

/** An attempt whose only evaluation RiskOS never showed, and does not know, is posted again, as before. */
const unidentified = {
  ...attempting('reading', 'document_verification', {
    known: [{ evalId: 'eval-2', misses: 2 }],
    latest: null,
  }),
};
const postedAgain = (funnel: FunnelByHand): Record<string, unknown> => {
  funnel.fire(timers.read);
  funnel.settle('readEvaluation', { failure: 'unknown' });
  return posted(funnel);
};

const { position: readingPosition } = Object(attempting('reading'));

const checkingRows: Rows<Checking> = {
  stage: {
    base: attempting('posting'),
    value: 'payroll_setup',
    see: (funnel) => posted(funnel)['useCase'],
    expected: 'payroll_setup',
  },
  attempt: { why: 'see the tables of attempts' },
  tries: { value: 2, see: nextAction('attempt'), expected: 2 },
  technical: {
    value: 2,
    see: (funnel) => {
      polled(funnel);
      funnel.settle('readEvaluation', { evaluation: decided(current, 'RESUBMIT', { technical: true }) });
      return funnel.status().attention?.reason;
    },
    expected: expect3TechnicalErrors(),
  },
  advice: { value: advice, see: nextAction('advice'), expected: advice },
  givenUp: [
    {
      value: [{ evaluationId: earlier, number: 1, evalIds: ['eval-1'] }],
      see: (funnel) => {
        funnel.signal('riskosEvent', event(earlier, { evalId: 'eval-1', eventType: 'evaluation_completed' }));
        funnel.settle('readEvaluation', {
          evaluation: decided(earlier, 'ACCEPT', {
            evalId: 'eval-1',
            documentResult: 'accepted',
            referenceId: 'reference-1',
          }),
        });
        return [funnel.status().stage, funnel.status().verdicts.map(({ evaluationId }) => evaluationId)];
      },
      expected: ['verified', [earlier]],
    },
    {
      base: attempting('reading', 'document_verification', { known: [], latest: null }),
      value: [{ evaluationId: earlier, number: 1, evalIds: ['eval-0', 'eval-1'] }],
      see: (funnel) => polled(funnel)['evalId'],
      expected: 'eval-0',
    },
    {
      base: {
        ...attempting('posting'),
        position: {
          stage: 'document_verification',
          attempt: { kind: 'posting', evaluationId: current, number: 2 },
        },
      },
      value: [{ evaluationId: earlier, number: 1, evalIds: ['eval-1'] }],
      see: (funnel) => {
        funnel.signal('riskosEvent', event(earlier, { evalId: 'eval-1' }));
        return call(funnel, 'readEvaluation')['evalId'];
      },
      expected: 'eval-1',
    },
  ],
  toRead: {
    value: [{ evaluationId: current, evalId: 'eval-2' }],
    see: (funnel) => call(funnel, 'readEvaluation')['evalId'],
    expected: 'eval-2',
    neverWaits: true,
  },
  readingsAsked: {
    value: 1,
    see: (funnel) => call(funnel, 'readEvaluation')['evalId'],
    expected: 'eval-2',
    neverWaits: true,
  },
  readingsDone: {
    base: { ...attempting('reading'), position: { ...readingPosition, readingsAsked: 1 } },
    value: 1,
    see: (funnel) => funnel.calls('readEvaluation'),
    expected: [],
  },
};

function expect3TechnicalErrors(): string {
  return 'RiskOS ended 3 evaluations with a technical error. Look at its workflow, then retry.';
}

const postingRows: Rows<Posting> = {
  kind: { why: 'without it no state is one' },
  evaluationId: {
    value: idOf('document_verification', 3),
    see: (funnel) => posted(funnel)['evaluationId'],
    expected: idOf('document_verification', 3),
  },
  number: { value: 3, see: (funnel) => funnel.status().attempt, expected: 3 },
  notProcessed: { value: 4, see: (funnel) => posted(funnel)['tries'], expected: 5 },
  perhapsProcessed: [
    { value: 2, see: (funnel) => posted(funnel)['unclear'], expected: 2 },
    {
      value: 4,
      see: (funnel) => {
        posted(funnel);
        funnel.settle('createEvaluation', { failure: 'ambiguous' });
        return [funnel.timer(timers.post), isStopped(funnel)];
      },
      // The fifth one: twice the wait of the fourth, then a person decides.
      expected: [8 * minute, ['needs_attention', 1]],
    },
  ],
  stop: { value: refused, see: isStopped, expected: ['needs_attention', 0] },
  evalIds: {
    value: ['eval-5'],
    see: (funnel) => call(funnel, 'readEvaluation')['evalId'],
    expected: 'eval-5',
    neverWaits: true,
  },
  perhapsNewer: {
    value: ['eval-2'],
    see: (funnel) => {
      posted(funnel);
      funnel.signal('riskosEvent', event(current, { evalId: 'eval-2' }));
      funnel.settle('createEvaluation', { evaluation: paused(current) });
      return call(funnel, 'readEvaluation')['evalId'];
    },
    expected: 'eval-2',
  },
};

const readingRows: Rows<Reading> = {
  kind: { why: 'without it no state is one' },
  evaluationId: {
    value: idOf('document_verification', 3),
    see: (funnel) => polled(funnel)['evaluationId'],
    expected: idOf('document_verification', 3),
  },
  number: { value: 3, see: (funnel) => funnel.status().attempt, expected: 3 },
  notProcessed: { base: unidentified, value: 4, see: (funnel) => postedAgain(funnel)['tries'], expected: 5 },
  perhapsProcessed: {
    base: unidentified,
    value: 2,
    see: (funnel) => postedAgain(funnel)['unclear'],
    expected: 2,
  },
  stop: {
    base: unidentified,
    value: refused,
    see: (funnel) => {
      funnel.fire(timers.read);
      funnel.settle('readEvaluation', { failure: 'unknown' });
      return isStopped(funnel);
    },
    expected: ['needs_attention', 0],
  },
  known: { why: 'see its own table' },
  reads: [
    { value: 2, see: afterPoll, expected: 10 * minute },
    { value: 5, see: afterPoll, expected: 2 * hour },
  ],
  failedReads: {
    value: 3,
    see: (funnel) => {
      polled(funnel);
      funnel.settle('readEvaluation', { failure: 'unavailable' });
      return funnel.timer(timers.read);
    },
    // The fourth failure in a row: eight times the first wait.
    expected: 4 * minute,
    base: attempting('reading', 'document_verification', { reads: 7 }),
  },
  codes: {
    base: attempting('reading', 'passive_check', {
      latest: paused(idOf('passive_check', 2), { pausedFor: 'one_time_code' }),
    }),
    value: 3,
    see: nextAction('attemptsLeft'),
    expected: 2,
  },
  deadline: { why: 'see its own table' },
  overdue: {
    base: {
      ...attempting('reading'),
      timers: { read: { times: [at + hour] }, deadline: { times: [at - 1000], fired: 1 } },
    },
    value: true,
    see: (funnel) => funnel.asked('readEvaluation'),
    expected: 0,
  },
  latest: {
    value: paused(current, { pausedFor: 'hosted_flow', url: 'https://flow.example/1' }),
    see: (funnel) => funnel.status().nextAction,
    expected: { kind: 'open_hosted_flow', url: 'https://flow.example/1' },
  },
};

function afterPoll(funnel: FunnelByHand): unknown {
  funnel.fire(timers.read);
  return funnel.timer(timers.read);
}

const knownRows: Rows<Reading['known'][number]> = {
  evalId: { value: 'eval-7', see: (funnel) => polled(funnel)['evalId'], expected: 'eval-7' },
  answered: {
    base: unidentified,
    value: true,
    see: (funnel) => {
      funnel.fire(timers.read);
      funnel.settle('readEvaluation', { failure: 'unknown' });
      return funnel.status().stage;
    },
    expected: 'needs_attention',
  },
  misses: {
    value: 2,
    see: (funnel) => {
      polled(funnel);
      funnel.settle('readEvaluation', { failure: 'unknown' });
      return funnel.status().stage;
    },
    expected: 'needs_attention',
  },
  readSinceDeadline: {
    base: {
      ...attempting('reading', 'document_verification', {
        known: [{ evalId: 'eval-2' }, { evalId: 'eval-3' }],
        overdue: true,
      }),
      timers: { read: { times: [at + hour] }, deadline: { times: [at - 1000], fired: 1 } },
    },
    value: true,
    see: (funnel) => {
      funnel.signal('riskosEvent', event(current, { evalId: 'eval-3' }));
      funnel.settle('readEvaluation', { evaluation: paused(current, { evalId: 'eval-3' }) });
      return funnel.status().outcome;
    },
    expected: 'expired',
  },
};

const attemptDeadlineRows: Rows<Deadline> = {
  at: {
    value: at + 3 * day,
    see: (funnel) => funnel.status().deadline,
    expected: new Date(at + 3 * day).toISOString(),
  },
  reminderAt: {
    base: attempting('reading', 'document_verification', { reads: 20 }),
    value: at + 2 * day,
    see: (funnel) => {
      funnel.fire(timers.read);
      const left = funnel.timer(timers.deadline);
      return left === undefined ? undefined : funnel.now() + left;
    },
    expected: at + 2 * day,
  },
};

const reviewRows: Rows<Review> = {
  stage: { why: 'without it no state is one' },
  of: {
    value: {
      stage: 'selfie_reverification',
      attempt: {
        kind: 'reading',
        evaluationId: idOf('selfie_reverification', 1),
        number: 1,
        known: [{ evalId: 'eval-2' }],
        deadline: { at },
        latest: decided(idOf('selfie_reverification', 1), 'REVIEW'),
      },
    },
    see: (funnel) => {
      funnel.update('review', { verdict: 'accept', by: 'hr', reason: 'seen' });
      return funnel.status().verdicts.map(({ stage }) => stage);
    },
    expected: ['selfie_reverification'],
  },
  settled: { why: 'see its own table' },
  deadline: {
    value: { at: at + 9 * day },
    see: (funnel) => funnel.status().deadline,
    expected: new Date(at + 9 * day).toISOString(),
  },
  request: {
    value: { kind: 'review', verdict: 'reject' },
    see: (funnel) => funnel.status().outcome,
    expected: 'rejected',
    neverWaits: true,
  },
};

/** RiskOS decides again what the review began with. */
const decidedAgain =
  (decidedAt: string) =>
  (funnel: FunnelByHand): unknown => {
    funnel.fire(timers.read);
    funnel.settle('readEvaluation', { evaluation: decided(current, 'RESUBMIT', { decidedAt }) });
    return [funnel.status().stage, funnel.status().outcome];
  };
const resubmitted = inReview(decided(current, 'RESUBMIT'), 'resubmit');

const settledRows: Rows<Review['settled']> = {
  verdict: {
    base: resubmitted,
    value: 'review',
    see: (funnel) => funnel.status().stage,
    expected: 'document_verification',
    neverWaits: true,
  },
  evalId: {
    base: resubmitted,
    value: 'eval-9',
    see: decidedAgain('2030-01-03T00:00:00.000Z'),
    expected: ['review', null],
  },
  decidedAt: {
    base: resubmitted,
    value: '2030-01-03T00:00:00.000Z',
    see: (funnel) => funnel.status().stage,
    expected: 'document_verification',
    neverWaits: true,
  },
};

const attentionRows: Rows<NeedsAttention> = {
  stage: { why: 'without it no state is one' },
  cause: {
    value: { kind: 'technical_errors', count: 4 },
    see: (funnel) => funnel.status().attention?.reason,
    expected: 'RiskOS ended 4 evaluations with a technical error. Look at its workflow, then retry.',
  },
  back: {
    value: {
      stage: 'payroll_setup',
      attempt: { kind: 'posting', evaluationId: idOf('payroll_setup', 1), number: 1 },
    },
    see: (funnel) => {
      funnel.update('retry', {});
      return call(funnel, 'createEvaluation')['evaluationId'];
    },
    expected: idOf('payroll_setup', 1),
  },
  request: {
    value: { kind: 'retry' },
    see: (funnel) => funnel.asked('createEvaluation'),
    expected: 1,
    neverWaits: true,
  },
};

const awaitingRows: Rows<AwaitingDocumentRequest> = {
  stage: { why: 'without it no state is one' },
  request: {
    value: { kind: 'requestDocuments' },
    see: (funnel) => funnel.asked('createEvaluation'),
    expected: 1,
    neverWaits: true,
  },
};

const verifiedRows: Rows<Verified> = {
  stage: { why: 'without it no state is one' },
  request: {
    value: { kind: 'complete' },
    see: (funnel) => funnel.status().outcome,
    expected: 'completed',
    neverWaits: true,
  },
};

const closedRows: Rows<Closed> = {
  stage: { why: 'without it no state is one' },
  outcome: {
    base: { position: { stage: 'closed', outcome: 'expired' } },
    value: 'cancelled',
    see: (funnel) => funnel.status().outcome,
    expected: 'cancelled',
    neverWaits: true,
  },
};

export const positionTables: Table[] = [
  { at: 'position', base: attempting('reading'), rows: checkingRows },
  { at: 'position.attempt', base: attempting('posting'), rows: postingRows },
  { at: 'position.attempt', base: attempting('reading'), rows: readingRows },
  { at: 'position.attempt.known.0', base: attempting('reading'), rows: knownRows },
  { at: 'position.attempt.deadline', base: attempting('reading'), rows: attemptDeadlineRows },
  { at: 'position', base: inReview(decided(current, 'REVIEW'), 'review'), rows: reviewRows },
  { at: 'position.settled', base: resubmitted, rows: settledRows },
  { at: 'position', base: stoppedAt(refused), rows: attentionRows },
  { at: 'position', base: asking, rows: awaitingRows },
  { at: 'position', base: verified, rows: verifiedRows },
  { at: 'position', base: verified, rows: closedRows },
];
