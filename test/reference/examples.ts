import type { Status } from '../../src/client/index.ts';
import type { NoticeBody, TestNotice, VerdictRecord } from '../../src/contract/index.ts';

const accepted: VerdictRecord = {
  stage: 'passive_check',
  attempt: 1,
  verdict: 'accept',
  flags: [],
  reasonCodes: ['I553'],
  evaluationId: 'app-1042~7c1e09af~passive_check~1',
  evalId: 'a5d7c3a2-6c0e-4f0b-9a43-1d2f8a4b7e11',
  at: '2026-02-02T14:20:07.000Z',
  audit: {
    decision: 'ACCEPT',
    decidedAt: '2026-02-02T14:20:05.120Z',
    failedSteps: [],
    tags: [],
    reviewQueues: [],
    workflow: { name: 'workforce_verification', version: '3' },
    evalSource: 'API',
  },
};

const resubmitted: VerdictRecord = {
  stage: 'document_verification',
  attempt: 1,
  verdict: 'resubmit',
  flags: [],
  reasonCodes: ['R827'],
  evaluationId: 'app-1042~7c1e09af~document_verification~1',
  evalId: 'c2b94e60-15d3-4b0b-8a5e-90a1b7f7f3d4',
  at: '2026-02-03T09:05:11.000Z',
  audit: {
    decision: 'RESUBMIT',
    decidedAt: '2026-02-03T09:05:09.480Z',
    documentType: 'Drivers License',
    documentCountry: 'USA',
    documentState: 'OR',
    failedSteps: [],
    tags: [],
    reviewQueues: [],
  },
};

/** A candidate whose first pictures were bad; a test validates it, and every other example. */
export const exampleStatus: Status = {
  applicationId: 'app-1042',
  stage: 'document_verification',
  attempt: 2,
  waitingFor: 'candidate',
  deadline: '2026-02-10T09:05:12.000Z',
  escalation: null,
  nextAction: {
    kind: 'show_capture_link',
    url: 'https://capture.example/s/7Qm2c',
    transactionToken: '5b7d5b0e-transaction-token',
    attempt: 2,
    of: 3,
    expiresAt: '2026-02-10T09:05:12.000Z',
    advice: [{ key: 'glare', text: 'Take the picture without glare on the document.' }],
  },
  verdicts: [accepted, resubmitted],
  images: [],
  baseline: false,
  outcome: null,
  attention: null,
  trouble: null,
};

const { trouble: _trouble, ...published } = exampleStatus;

export const exampleNotices: Record<NoticeBody['type'] | TestNotice['type'], NoticeBody | TestNotice> = {
  'funnel.changed': {
    timestamp: '2026-02-03T09:05:12.000Z',
    type: 'funnel.changed',
    data: { changes: ['verdict', 'next_action'], ...published, verdicts: [resubmitted] },
  },
  'images.changed': {
    timestamp: '2026-02-03T11:40:02.000Z',
    type: 'images.changed',
    data: {
      applicationId: 'app-1042',
      evaluationId: 'app-1042~7c1e09af~document_verification~2',
      result: 'archived',
      count: 3,
      attachments: 0,
      state: 'kept',
      keepUntil: '2026-05-04T11:40:02.000Z',
      hold: null,
      action: null,
      trouble: null,
    },
  },
  'notice.test': {
    timestamp: '2026-02-01T08:00:00.000Z',
    type: 'notice.test',
    data: {},
  },
};
