import {
  type AttentionCause,
  type Checking,
  type Decidable,
  type Evaluation,
  type FunnelState,
  policy,
  type Posting,
  type Position,
  type Reading,
  type Review,
  type Stage,
  type VerdictRecord,
} from '../../../src/contract/index.ts';

/** A value with all its optional fields, at every depth: a new field does not compile until it is here. */
export type Whole<Value> = Value extends (infer Item)[]
  ? Whole<Item>[]
  : Value extends object
    ? { [Field in keyof Value]-?: Whole<Value[Field]> }
    : Value;

const evaluationId = 'app-1042~0a1b2c3d~document_verification~2';
const at = Date.UTC(2030, 0, 2);
const isoAt = '2030-01-02T00:00:00.000Z';
const advice = [{ key: 'glare', text: 'Avoid glare.' }];

/** Every field of an evaluation, none as it is by default. */
const evaluation: Whole<Evaluation> = {
  evaluationId,
  evalId: 'eval-2',
  state: 'paused',
  failed: true,
  decision: 'REVIEW',
  unknownDecision: 'PERHAPS',
  decidedAt: isoAt,
  pausedFor: 'capture',
  url: 'https://capture.example/1',
  transactionToken: 'token-1',
  referenceId: 'reference-1',
  reviewedReference: { referenceId: 'reference-2', transactionToken: 'token-2' },
  documentResult: 'not_accepted',
  documentType: 'Passport',
  documentCountry: 'USA',
  documentState: 'OR',
  previousReferenceId: 'reference-0',
  reasonCodes: ['R831'],
  advice,
  risk: true,
  failedSteps: ['other'],
  technical: true,
  linkExpired: true,
  moduleDecision: 'REVIEW',
  digitalIntelligenceDecision: 'ACCEPT',
  tags: ['docv_error'],
  reviewQueues: ['Candidates'],
  score: 41,
  workflow: { name: 'workforce_verification', version: '7.2.0' },
  evalSource: 'API',
};

const refused: Whole<Extract<AttentionCause, { kind: 'request_refused' }>> = {
  kind: 'request_refused',
  problem: 'DataRefused',
  action: 'correct the data',
  fields: ['candidate.email'],
  smsPossible: true,
};

/** One of each cause. */
export const causes: { [Kind in AttentionCause['kind']]: Whole<Extract<AttentionCause, { kind: Kind }>> } = {
  request_refused: refused,
  requests_unclear: { kind: 'requests_unclear', count: 3 },
  reading_refused: { kind: 'reading_refused', problem: 'PermissionDenied', action: 'change the key' },
  evaluation_unknown: { kind: 'evaluation_unknown', evalId: 'eval-7' },
  unreadable_after_deadline: { kind: 'unreadable_after_deadline', problem: 'ServerError' },
  riskos_late: { kind: 'riskos_late' },
  execution_failed: { kind: 'execution_failed' },
  technical_errors: { kind: 'technical_errors', count: 4 },
  reset_run_gone: { kind: 'reset_run_gone' },
};

const posting: Whole<Posting> = {
  kind: 'posting',
  evaluationId,
  number: 2,
  notProcessed: 3,
  perhapsProcessed: 1,
  stop: refused,
  evalIds: ['eval-1'],
  perhapsNewer: ['eval-1'],
};

export const reading: Whole<Reading> & Whole<Decidable> = {
  kind: 'reading',
  evaluationId,
  number: 2,
  notProcessed: 3,
  perhapsProcessed: 1,
  stop: refused,
  known: [{ evalId: 'eval-2', answered: true, misses: 2, readSinceDeadline: true }],
  reads: 5,
  failedReads: 2,
  codes: 1,
  deadline: { at, reminderAt: at - 1000 },
  overdue: true,
  latest: evaluation,
};

const visit: Omit<Whole<Checking>, 'stage' | 'attempt'> = {
  tries: 2,
  technical: 1,
  advice,
  givenUp: [{ evaluationId: 'app-1042~0a1b2c3d~document_verification~1', number: 1, evalIds: ['eval-0'] }],
  toRead: [{ evaluationId, evalId: 'eval-2' }],
  readingsAsked: 2,
  readingsDone: 1,
};

const checkingOf = (stage: Checking['stage'], attempt: Whole<Posting> | typeof reading): Whole<Checking> => ({
  stage,
  ...visit,
  attempt,
});

const review: Whole<Review> = {
  stage: 'review',
  of: { stage: 'document_verification', ...visit, attempt: reading },
  settled: { verdict: 'review', evalId: 'eval-2', decidedAt: isoAt },
  deadline: { at, reminderAt: at - 1000 },
  request: { kind: 'review', verdict: 'accept' },
};

/** One position of each stage, none of its fields as it is by default. A stage without one does not compile. */
export const positions: { [Name in Stage]: Whole<Position> & { stage: Name } } = {
  passive_check: { ...checkingOf('passive_check', posting), stage: 'passive_check' },
  document_verification: {
    ...checkingOf('document_verification', reading),
    stage: 'document_verification',
  },
  selfie_reverification: {
    ...checkingOf('selfie_reverification', reading),
    stage: 'selfie_reverification',
  },
  payroll_setup: { ...checkingOf('payroll_setup', posting), stage: 'payroll_setup' },
  awaiting_document_request: {
    stage: 'awaiting_document_request',
    request: { kind: 'requestDocuments' },
  },
  review,
  verified: { stage: 'verified', request: { kind: 'requestPayrollSetup' } },
  needs_attention: {
    stage: 'needs_attention',
    cause: refused,
    back: checkingOf('document_verification', posting),
    request: { kind: 'correct' },
  },
  closed: { stage: 'closed', outcome: 'withdrawn' },
};

const verdict: Whole<VerdictRecord> = {
  stage: 'document_verification',
  attempt: 1,
  verdict: 'resubmit',
  flags: ['routed'],
  reasonCodes: ['R831'],
  evaluationId,
  evalId: 'eval-0',
  at: isoAt,
  rule: 'documents.rules.R831',
  audit: {
    decision: evaluation.decision,
    unknownDecision: evaluation.unknownDecision,
    decidedAt: evaluation.decidedAt,
    moduleDecision: evaluation.moduleDecision,
    digitalIntelligenceDecision: evaluation.digitalIntelligenceDecision,
    documentType: evaluation.documentType,
    documentCountry: evaluation.documentCountry,
    documentState: evaluation.documentState,
    failedSteps: evaluation.failedSteps,
    tags: evaluation.tags,
    reviewQueues: evaluation.reviewQueues,
    score: evaluation.score,
    workflow: evaluation.workflow,
    evalSource: evaluation.evalSource,
  },
};

/** The candidate is the door's affair: whatever it accepted is carried. */
const application: Omit<Whole<FunnelState['application']>, 'candidate' | 'policy'> = {
  applicationId: 'app-1042',
  useCase: 'contractor_onboarding',
  custom: { branch: 'north', seats: 3, remote: true },
  baseline: { referenceId: 'reference-8', transactionToken: 'token-8' },
};

type Fields = Omit<FunnelState, 'application' | 'timeline' | 'notices'>;

/** Every field of the state, none as it is by default, in the shape in which it is carried. */
export const wholeState: Whole<Fields> & Pick<FunnelState, 'application' | 'timeline' | 'notices'> = {
  version: 1,
  application: {
    ...application,
    candidate: {
      givenName: 'Robin',
      familyName: 'Quill',
      email: 'robin.quill@example.com',
      phoneNumber: '+14155550142',
      diSessionToken: 'di-session-of-robin',
      address: { line1: '12 Harbour Lane', country: 'US' },
      dateOfBirth: '1990-02-03',
      nationalId: '900-12-3456',
      ipAddress: '203.0.113.7',
      externalDevice: { id: 'device-1', isKnown: true },
    },
    policy: policy.parse({
      documents: {
        maxAttempts: 7,
        rules: { R831: 'resubmit' },
        accepted: { types: ['Passport'] },
        redirect: { url: 'https://hr.example/done', headers: { 'X-From': 'funnel' } },
      },
      verdicts: { PASSED: 'accept' },
    }),
  },
  run: '9f9f9f9f',
  lineage: { unchecked: ['run-1'], bases: ['run-0'] },
  position: positions.document_verification,
  attempts: { passive_check: 1, document_verification: 2, selfie_reverification: 3, payroll_setup: 4 },
  trouble: { reason: 'unreadable', problem: 'ServerError', since: at },
  settled: [{ evaluationId, evalIds: ['eval-2'], decisions: ['REVIEW'] }],
  toCheck: [{ evaluationId, evalId: 'eval-2', failures: 2 }],
  verdicts: [verdict],
  images: [{ evaluationId, result: 'refused', count: 1, attachments: 2, reason: 'not_a_zip' }],
  toArchive: [
    {
      stage: 'document_verification',
      ask: {
        applicationId: 'app-1042',
        evaluationId,
        evalId: 'eval-2',
        documentType: 'Passport',
        reasonCodes: ['R831'],
        lag: 10_000,
        keepFor: 1000,
      },
    },
  ],
  baseline: { referenceId: 'reference-1', transactionToken: 'token-1' },
  timers: {
    post: { times: [at], fired: 1 },
    read: { times: [at], fired: 1 },
    deadline: { times: [at - 1000, at], fired: 1 },
    patience: { times: [at], fired: 1 },
    images: { times: [at], fired: 1 },
    reverify: { times: [at], fired: 1 },
    contradiction: { times: [at], fired: 1 },
  },
  notices: {
    changes: ['verdict'],
    verdicts: [verdict],
    images: [{ evaluationId, result: 'archived', count: 3 }],
    nextAction: '[{"kind":"wait"},false]',
    escalation: 'reminder',
    wanted: true,
    unsent: [
      {
        id: 'app-1042-1',
        timestamp: isoAt,
        type: 'images.changed',
        data: {
          applicationId: 'app-1042',
          evaluationId,
          result: 'deleted',
          count: 3,
          state: 'ended',
          keepUntil: null,
          hold: null,
          action: null,
          trouble: null,
        },
      },
    ],
  },
  seenEvents: ['event-1'],
  timeline: [{ at: isoAt, kind: 'update', what: 'documents requested', by: 'hr' }],
  published: '["document_verification"]',
  memo: { status: '{"stage":"document_verification"}', private: '{}' },
  recordedAt: 42,
};
