import type { FunnelState, TimerName } from '../../../src/contract/index.ts';
import type { FunnelByHand } from '../by-hand.ts';
import { asking, attempting, verified } from './bases.ts';
import {
  at,
  call,
  day,
  decided,
  event,
  hour,
  idOf,
  minute,
  type Rows,
  second,
  type Table,
  timers,
} from './row.ts';

const documents = idOf('document_verification', 2);
const record = {
  stage: 'document_verification',
  attempt: 1,
  verdict: 'accept',
  flags: [],
  reasonCodes: [],
  evaluationId: idOf('document_verification', 1),
  evalId: 'eval-1',
  at: '2030-01-01T00:00:00.000Z',
  audit: { failedSteps: [], tags: [], reviewQueues: [] },
};
const settled = { evaluationId: record.evaluationId, evalIds: ['eval-1'], decisions: [] };
const check = { evaluationId: record.evaluationId, evalId: 'eval-1', failures: 0 };

const posted = (funnel: FunnelByHand): Record<string, unknown> => {
  funnel.fire(timers.post);
  return call(funnel, 'createEvaluation');
};
const changed = (funnel: FunnelByHand): unknown => {
  funnel.signal(
    'riskosEvent',
    event(record.evaluationId, { eventType: 'decision_update', eventId: 'event-1' }),
  );
  return call(funnel, 'readEvaluation')['evalId'];
};
/** What a later reading of a settled evaluation does. */
const reread = (funnel: FunnelByHand): unknown => {
  funnel.settle('readEvaluation', {
    evaluation: decided(record.evaluationId, 'REJECT', { evalId: 'eval-1' }),
  });
  return funnel.status().verdicts.map(({ flags }) => flags);
};

const stateRows: Rows<FunnelState> = {
  version: { why: 'there is one; a state of another version is refused by name (test/unit/state.test.ts)' },
  application: { why: 'see its own table' },
  run: {
    value: '9f9f9f9f',
    see: (funnel) => {
      funnel.signal('riskosEvent', event('app-1042~9f9f9f9f~document_verification~1'));
      return funnel.timeline().map(({ kind }) => kind);
    },
    expected: ['riskos_event'],
  },
  lineage: { why: 'see its own table' },
  position: { why: 'see the tables of positions' },
  attempts: {
    base: asking,
    value: { document_verification: 3 },
    see: (funnel) => {
      funnel.update('requestDocuments', {});
      return call(funnel, 'createEvaluation')['evaluationId'];
    },
    expected: idOf('document_verification', 4),
  },
  trouble: {
    value: { reason: 'unreadable', problem: 'ServerError', since: at },
    see: (funnel) => funnel.status().trouble,
    expected: { reason: 'unreadable', problem: 'ServerError', since: '2030-01-02T00:00:00.000Z' },
  },
  settled: [
    { base: { verdicts: [record] }, value: [settled], see: changed, expected: 'eval-1' },
    {
      base: { verdicts: [record], settled: [settled], toCheck: [check] },
      value: [{ ...settled, decisions: ['REJECT'] }],
      see: reread,
      expected: [[]],
    },
  ],
  toCheck: [
    {
      value: [check],
      see: (funnel) => call(funnel, 'readEvaluation'),
      expected: { evaluationId: record.evaluationId, evalId: 'eval-1' },
    },
    {
      base: { toCheck: [check] },
      value: [{ ...check, failures: 2 }],
      see: (funnel) => {
        funnel.settle('readEvaluation', { failure: 'unavailable' });
        return funnel.timer(timers.contradiction);
      },
      expected: 2 * minute,
    },
  ],
  verdicts: { value: [record], see: (funnel) => funnel.status().verdicts, expected: [record] },
  images: {
    value: [{ evaluationId: documents, result: 'refused', count: 0, reason: 'not_a_zip' }],
    see: (funnel) => funnel.status().images,
    expected: [{ evaluationId: documents, result: 'refused', count: 0, reason: 'not_a_zip' }],
  },
  toArchive: {
    base: { timers: { images: { times: [at + 10 * second] } } },
    value: [
      {
        stage: 'document_verification',
        ask: {
          applicationId: 'app-1042',
          evaluationId: documents,
          evalId: 'eval-2',
          documentType: 'Passport',
          reasonCodes: ['R831'],
          lag: 10_000,
          keepFor: 4000,
        },
      },
    ],
    see: (funnel) => {
      funnel.fire(timers.images);
      return funnel.children().map(({ input }) => input[0]);
    },
    expected: [
      {
        ask: {
          applicationId: 'app-1042',
          evaluationId: documents,
          evalId: 'eval-2',
          documentType: 'Passport',
          reasonCodes: ['R831'],
          lag: 10_000,
          keepFor: 4000,
        },
        keepFor: 4000,
        giveUpAfter: day,
      },
    ],
  },
  baseline: {
    value: { referenceId: 'reference-8', transactionToken: 'token-8' },
    see: (funnel) => {
      funnel.update('requestReverification', {});
      return call(funnel, 'createEvaluation')['baseline'];
    },
    expected: { referenceId: 'reference-8', transactionToken: 'token-8' },
  },
  timers: { why: 'see its own table' },
  notices: { why: 'see its own table' },
  seenEvents: {
    value: ['event-9'],
    see: (funnel) => {
      funnel.signal('riskosEvent', event(documents));
      return funnel.timeline();
    },
    expected: [],
  },
  timeline: {
    value: [{ at: '2030-01-01T00:00:00.000Z', kind: 'update', what: 'documents requested', by: 'hr' }],
    see: (funnel) => funnel.timeline(),
    expected: [{ at: '2030-01-01T00:00:00.000Z', kind: 'update', what: 'documents requested', by: 'hr' }],
  },
  memo: {
    why: 'each run begins with what the memo itself says, which is passed on (canaries and simulation look at it)',
  },
  published: [
    {
      value: JSON.stringify(['verified', null, 0, 'nothing', null, null, null, null]),
      // In either run: what was published before is not published again.
      see: (funnel) => funnel.attributes(),
      expected: {},
    },
    {
      // A newer release, which was rolled back, publishes one attribute more.
      value: JSON.stringify(['verified', null, 0, 'nothing', null, null, null, null, 'more']),
      see: (funnel) => funnel.attributes(),
      expected: {},
    },
  ],
  recordedAt: { why: "it is of one run's history, and begins at 0 in each" },
};

const applicationRows: Rows<FunnelState['application']> = {
  applicationId: { value: 'app-7', see: (funnel) => funnel.status().applicationId, expected: 'app-7' },
  candidate: {
    base: attempting('posting'),
    value: { givenName: 'Alma' },
    see: (funnel) => posted(funnel)['candidate'],
    expected: { givenName: 'Alma' },
  },
  useCase: {
    base: attempting('posting', 'passive_check'),
    value: 'contractor_onboarding',
    see: (funnel) => posted(funnel)['useCase'],
    expected: 'contractor_onboarding',
  },
  custom: {
    base: attempting('posting'),
    value: { branch: 'north', seats: 3, remote: true },
    see: (funnel) => posted(funnel)['custom'],
    expected: { branch: 'north', seats: 3, remote: true },
  },
  baseline: { why: 'only the start reads it; the state has the baseline itself' },
  policy: {
    base: attempting('reading'),
    value: { documents: { maxAttempts: 7 } },
    see: (funnel) => funnel.status().nextAction,
    expected: expectAttempts(7),
  },
};

function expectAttempts(of: number): object {
  return {
    kind: 'show_capture_link',
    url: 'https://capture.example/1',
    attempt: 1,
    of,
    expiresAt: new Date(at + 7 * day).toISOString(),
    advice: [],
  };
}

const lineageRows: Rows<FunnelState['lineage']> = {
  unchecked: {
    base: attempting('posting'),
    value: ['run-0'],
    // The run that passed it on has joined.
    see: (funnel) => posted(funnel)['lineage'],
    expected: { unchecked: ['run-0', 'run-1'], bases: [] },
  },
  bases: {
    base: attempting('posting'),
    value: ['run-0'],
    see: (funnel) => posted(funnel)['lineage'],
    expected: { unchecked: ['run-1'], bases: ['run-0'] },
  },
};

const timerRows: Record<TimerName, Row4Timer> = {
  post: timerRow(timers.post, 40 * second),
  read: timerRow(timers.read, 2 * hour),
  deadline: timerRow(timers.deadline, 5 * day),
  patience: timerRow(timers.patience, 12 * hour),
  images: timerRow(timers.images, 30 * second),
  reverify: timerRow(timers.reverify, 300 * day),
  contradiction: timerRow(timers.contradiction, 8 * minute),
};

type Row4Timer = ReturnType<typeof timerRow>;

/** Alone, and with an earlier time that has come. */
function timerRow(summary: string, left: number) {
  const see = (funnel: FunnelByHand) => {
    const running = funnel.timer(summary);
    return running === undefined ? undefined : funnel.now() + running;
  };
  return [
    { value: { times: [at + left] }, see, expected: at + left },
    { value: { times: [at - 1000, at + left], fired: 1 }, see, expected: at + left },
  ];
}

const sent = (funnel: FunnelByHand): unknown => {
  const { data } = call(funnel, 'notify');
  return data;
};
const notice = {
  id: 'app-1042~notice~1',
  timestamp: '2030-01-01T23:00:00.000Z',
  type: 'images.changed',
  data: {
    applicationId: 'app-1042',
    evaluationId: documents,
    result: 'deleted',
    count: 3,
    state: 'ended',
    keepUntil: null,
    hold: null,
    action: null,
    trouble: null,
  },
};
const overdue = {
  ...attempting('reading'),
  timers: { read: { times: [at + hour] }, deadline: { times: [at - 1000, at + day], fired: 1 } },
};

const noticeRows: Rows<FunnelState['notices']> = {
  changes: {
    value: ['conflict'],
    see: (funnel) => sent(funnel),
    expected: expectChanges({ changes: ['conflict'] }),
  },
  verdicts: {
    base: { notices: { changes: ['verdict'] } },
    value: [record],
    see: (funnel) => sent(funnel),
    expected: expectChanges({ changes: ['verdict'], verdicts: [record] }),
  },
  images: {
    base: { notices: { changes: ['images'] } },
    value: [{ evaluationId: documents, result: 'failed', count: 0, reason: 'not_started' }],
    see: (funnel) => sent(funnel),
    expected: expectChanges({
      changes: ['images'],
      images: [{ evaluationId: documents, result: 'failed', count: 0, reason: 'not_started' }],
    }),
  },
  nextAction: {
    base: asking,
    value: JSON.stringify([{ kind: 'request_documents' }, false]),
    see: (funnel) => funnel.asked('notify'),
    expected: 0,
  },
  escalation: {
    base: { ...overdue, notices: { nextAction: JSON.stringify([expectAttempts(3), false]) } },
    value: 'reminder',
    see: (funnel) => [funnel.status().escalation, funnel.asked('notify')],
    expected: ['reminder', 0],
  },
  wanted: {
    base: { ...asking, timers: {} },
    value: false,
    see: (funnel) => funnel.asked('notify'),
    expected: 0,
  },
  unsent: { value: [notice], see: (funnel) => call(funnel, 'notify'), expected: notice },
};

function expectChanges(more: object): object {
  return {
    applicationId: 'app-1042',
    stage: 'verified',
    attempt: 0,
    waitingFor: 'nothing',
    deadline: null,
    escalation: null,
    nextAction: { kind: 'none' },
    verdicts: [],
    images: [],
    baseline: false,
    outcome: null,
    attention: null,
    ...more,
  };
}

export const stateTables: Table[] = [
  { at: '', base: verified, rows: stateRows },
  { at: 'application', base: verified, rows: applicationRows },
  { at: 'lineage', base: verified, rows: lineageRows },
  { at: 'timers', base: verified, rows: timerRows },
  { at: 'notices', base: verified, rows: noticeRows },
];
