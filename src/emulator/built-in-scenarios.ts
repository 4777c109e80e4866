import type { Scenario } from './scenarios.ts';

const inQueues = {
  decision: 'REVIEW',
  reasonCodes: ['I849'],
  score: 57.5,
  tags: ['first time here', 'level-2'],
  reviewQueues: ['Default Queue', 'Level 2'],
};
const accepts = { event: 'decision_update', decision: 'ACCEPT', notes: 'Checked by hand.', after: 6 };

const glare = { decision: 'RESUBMIT', reasonCodes: ['R831', 'R804'] };

/** The main line: what the demo plays. */
const mainLine: Record<string, Scenario> = {
  accept: { about: 'Everything is accepted.' },
  'resubmit-then-accept': { about: 'Glare on the first picture, then accepted.', documents: [glare, {}] },
  'resubmit-exhausted': { about: 'Every picture has glare.', documents: [glare] },
  'passive-reject': {
    about: 'The passive checks reject.',
    passive: [{ decision: 'REJECT', reasonCodes: ['R221'], score: 93 }],
  },
  'passive-review-step-up': {
    about: 'The passive checks are in doubt, the documents are fine.',
    passive: [{ decision: 'REVIEW', reasonCodes: ['R610'], score: 68 }],
  },
  'review-then-accept': {
    about: 'The documents go to a reviewer, who accepts.',
    documents: [
      {
        decision: 'REVIEW',
        reasonCodes: ['I849'],
        afterwards: [accepts],
      },
    ],
  },
  'military-no-images': {
    about: 'A military ID is accepted, and its images are deleted at once.',
    documents: [{ documentType: 'Military', images: 'deleted' }],
  },
  'lost-webhook': {
    about: 'Accepted, but no webhook of the document verification is ever sent.',
    documents: [{ faults: [{ at: 'webhook', kind: 'drop' }] }],
  },
  reverified: { about: 'Documents, and later the selfie, are accepted.' },
  'reverify-rejected': {
    about: 'The documents are accepted, the later selfie shows somebody else.',
    selfie: [{ decision: 'REJECT', reasonCodes: ['R836'] }],
  },
  withdrawn: {
    about: 'The candidate never opens the link.',
    documents: [{ candidate: 'absent' }],
    selfie: [{ candidate: 'absent' }],
  },
  interactive: {
    about: 'A person plays the candidate at the capture page and the reviewer at the dashboard.',
    documents: [{ candidate: 'person' }],
    selfie: [{ candidate: 'person' }],
  },
};

/** The other answers RiskOS has. */
const answers: Record<string, Scenario> = {
  'one-time-code': {
    about: 'The passive checks wait for a one-time code: any six digits but 000000.',
    passive: [{ waitsFor: ['one_time_code'] }],
  },
  'more-information': {
    about: 'The passive checks wait for the national ID.',
    passive: [{ waitsFor: ['more_information'] }],
  },
  'hosted-flow': {
    about: 'The candidate goes through a page of RiskOS itself.',
    passive: [{ waitsFor: ['hosted_flow'] }],
    documents: [{ waitsFor: ['hosted_flow'] }],
  },
  'hosted-flow-person': {
    about: 'The same, with a person at the page.',
    passive: [{ waitsFor: ['hosted_flow'], candidate: 'person' }],
    documents: [{ waitsFor: ['hosted_flow'], candidate: 'person' }],
  },
  'code-then-documents': {
    about: 'A one-time code, and then the documents.',
    documents: [{ waitsFor: ['one_time_code', 'capture'] }],
  },
  'consent-declined': {
    about: 'The candidate does not agree to the capture.',
    documents: [{ candidate: 'declines' }],
  },
  'link-expired': { about: 'The capture link expires unused.', documents: [{ candidate: 'expires' }] },
  'expired-then-accept': {
    about: 'The first link expires, the second is used.',
    documents: [{ candidate: 'expires' }, {}],
  },
  'docv-error-then-accept': {
    about: 'A step of the RiskOS workflow fails, the next evaluation is accepted.',
    documents: [{ error: 'docv_error' }, {}],
  },
  'docv-request-error-then-accept': {
    about: 'No capture link can be made, the next evaluation is accepted.',
    documents: [{ error: 'docv_request_error' }, {}],
  },
  'device-rejected': {
    about: 'The document is fine, but Digital Intelligence rejects.',
    documents: [{ decision: 'REJECT', documentVerification: 'accept', digitalIntelligence: 'reject' }],
  },
  'fraud-resubmit': {
    about: 'RESUBMIT with a reason code that marks fraud.',
    documents: [{ decision: 'RESUBMIT', reasonCodes: ['R810'] }],
  },
  'minor-no-images': {
    about: 'A minor: rejected, and the images are deleted at once.',
    documents: [{ decision: 'REJECT', reasonCodes: ['R845'], images: 'deleted' }],
  },
  'retention-no-images': {
    about: 'Accepted, but the images are not kept.',
    documents: [{ images: 'deleted' }],
  },
  'image-lag': { about: 'The images come two seconds after the decision.', documents: [{ imageLag: 2000 }] },
  'case-attachments': {
    about: 'A reviewer has attached two files.',
    documents: [{ attachments: ['identity.pdf', 'additional_doc.pdf'] }],
  },
  'review-then-reject': {
    about: 'The documents go to a reviewer, who rejects.',
    documents: [
      {
        decision: 'REVIEW',
        reasonCodes: ['I849'],
        afterwards: [
          { event: 'decision_update', decision: 'REJECT', notes: 'Not the same person.', after: 6 },
        ],
      },
    ],
  },
  reevaluated: {
    about: 'Accepted; a later re-evaluation rejects.',
    documents: [{ afterwards: [{ event: 'reevaluation', decision: 'REJECT', after: 6 }] }],
  },
  'workflow-failed': {
    about: 'The RiskOS workflow fails while it is paused; GET says so, too.',
    documents: [
      {
        candidate: 'absent',
        afterwards: [{ event: 'workflow_execution_failed', notes: 'step 3 timed out' }],
      },
    ],
  },
  'unknown-events': {
    about: 'Accepted, with events nobody has heard of.',
    documents: [
      {
        afterwards: [
          { event: 'risk_signal_added' },
          { event: 'fraud_confirming' },
          { event: 'case_status_updated' },
        ],
      },
    ],
  },
  'passport-from-abroad': {
    about: 'A German passport is accepted.',
    documents: [{ documentType: 'Passport', documentCountry: 'DEU', documentState: null }],
  },
  'passport-then-license': {
    about: 'A passport is accepted first, a driver’s license the second time.',
    documents: [{ documentType: 'Passport', documentState: null }, {}],
  },
  'unnamed-document': {
    about: 'Accepted, but RiskOS does not say what it is.',
    documents: [{ documentType: null, documentCountry: null, documentState: null }],
  },
  'accepted-result-first': {
    about: 'Two documents in one evaluation: the accepted one, then one that is rejected.',
    documents: [{ otherResults: [{ decision: 'reject', at: 'after' }] }],
  },
  'accepted-result-last': {
    about: 'Two documents in one evaluation: one to be taken again, then the accepted one.',
    documents: [{ otherResults: [{ decision: 'resubmit' }] }],
  },
  'accepted-without-result': {
    about: 'ACCEPT, without any document verification in the answer.',
    documents: [{ result: 'none' }],
  },
  'verification-not-accepted': {
    about: 'ACCEPT by the customer’s own rule, although the document was not accepted.',
    documents: [{ documentVerification: 'reject' }],
  },
  'result-without-decision': {
    about: 'Accepted; the document’s result has no decision of its own.',
    documents: [{ documentVerification: null }],
  },
  'phone-risk-failed': {
    about: 'Glare on the first picture, while phone risk times out; the second is good.',
    documents: [{ ...glare, enrichments: [{ statusCode: 504, error: 'upstream timed out' }] }, {}],
  },
  'accepted-with-failures': {
    about:
      'Accepted, although the first attempt of the verification and a vendor failed; one answer is cached.',
    documents: [
      {
        cached: true,
        attempts: 3,
        enrichments: [
          {
            name: 'Socure Document Verification - Default Flow',
            module: 'documentverification',
            statusCode: 500,
            error: 'the service is not available',
          },
          {
            name: 'Education Verification',
            provider: 'RestAPI',
            module: 'education',
            errorMessage: 'no answer',
          },
        ],
      },
    ],
  },
  'for-audit': {
    about: 'A review with a score, tags and queues.',
    documents: [inQueues],
  },
  'review-with-queues': {
    about: 'The same, and the reviewer accepts.',
    documents: [{ ...inQueues, afterwards: [accepts] }],
  },
  'handed-over': { about: 'Accepted; the HR system’s own page hands the link over.' },
  'failure-then-review': {
    about: 'Accepted although the first attempt of the verification failed; a reviewer confirms it.',
    documents: [
      {
        enrichments: [
          {
            name: 'Socure Document Verification - Default Flow',
            module: 'documentverification',
            statusCode: 500,
            error: 'the service is not available',
          },
        ],
        afterwards: [accepts],
      },
    ],
  },
  'attachments-before-images': {
    about: 'A reviewer’s file is there two seconds before the images.',
    documents: [{ imageLag: 2000, attachments: ['identity.pdf'] }],
  },
  'attachment-later': {
    about: 'A reviewer attaches a file some time after the decision.',
    documents: [
      { afterwards: [{ event: 'case_attachment_added', attachment: 'additional_doc.pdf', after: 6 }] },
    ],
  },
  'military-with-attachment': {
    about: 'A military ID, whose images are deleted; a reviewer’s file is all there is.',
    documents: [{ documentType: 'Military', images: 'deleted', attachments: ['identity.pdf'] }],
  },
  'other-words': {
    about: 'A workflow with the decision words APPROVE and DECLINE.',
    passive: [{ decision: 'APPROVE' }],
    documents: [{ decision: 'DECLINE' }, { decision: 'APPROVE' }],
  },
  'words-of-ours': {
    about: 'Decision words in the customer’s own case and spacing.',
    passive: [{ decision: 'accept' }],
    documents: [{ decision: 'Needs  info' }, { decision: 'Approve' }],
  },
  'unknown-decision': {
    about: 'A decision word of the customer’s own.',
    passive: [{ decision: 'ESCALATE_TO_HR' }],
  },
};

/** Faults: what goes wrong on the way. */
const troubles: Record<string, Scenario> = {
  ...Object.fromEntries(
    (
      [
        ['permission-denied', 403, 'PERMISSION_DENIED'],
        ['workflow-not-found', 400, 'WORKFLOW_NOT_FOUND'],
        ['workflow-not-published', 400, 'WORKFLOW_NOT_PUBLISHED'],
      ] as const
    ).map(([name, status, code]) => [
      name,
      {
        about: `The POST is refused with ${code}.`,
        passive: [{ faults: [{ at: 'create' as const, kind: 'answer' as const, status, code }] }],
        documents: [{ faults: [{ at: 'create' as const, kind: 'answer' as const, status, code }] }],
      },
    ]),
  ),
  'rate-limited': {
    about: 'The answer to the first POST asks for a wait of one second.',
    passive: [
      {
        faults: [{ at: 'create', kind: 'answer', status: 429, headers: { 'X-Retry-After': '1' }, times: 1 }],
      },
    ],
    documents: [
      { faults: [{ at: 'create', kind: 'answer', status: 429, headers: { 'Retry-After': '1' }, times: 1 }] },
    ],
  },
  'error-before': {
    about: 'The first POST fails with 500 and is not processed.',
    documents: [
      { faults: [{ at: 'create', kind: 'answer', status: 500, code: 'INTERNAL_ERROR', times: 1 }] },
    ],
  },
  'error-after': {
    about: 'The first POST fails with 500, but was processed.',
    documents: [
      {
        faults: [
          { at: 'create', kind: 'answer', when: 'after', status: 500, code: 'INTERNAL_ERROR', times: 1 },
        ],
      },
    ],
  },
  'answer-lost': {
    about: 'The connection is cut after the first POST was processed.',
    documents: [{ faults: [{ at: 'create', kind: 'cut', when: 'after', times: 1 }] }],
  },
  'answer-broken': {
    about: 'The first answer ends in the middle, the second is not JSON.',
    documents: [
      {
        faults: [
          { at: 'read', kind: 'truncated', times: 1 },
          { at: 'read', kind: 'malformed', skip: 1, times: 1 },
        ],
      },
    ],
  },
  'early-webhooks': {
    about: 'The webhooks are quicker than the answer of the POST.',
    documents: [{ faults: [{ at: 'create', kind: 'early' }] }],
  },
  'double-webhooks': {
    about: 'Every webhook comes twice at once.',
    documents: [{ faults: [{ at: 'webhook', kind: 'double' }] }],
  },
  'shuffled-webhooks': {
    about: 'The webhooks come in another order.',
    documents: [{ faults: [{ at: 'webhook', kind: 'shuffle', ms: 1000 }] }],
  },
  'contradictory-webhooks': {
    about: 'A second evaluation_completed says something else than GET.',
    documents: [
      {
        faults: [
          {
            at: 'webhook',
            kind: 'contradict',
            event: 'evaluation_completed',
            change: { decision: 'REJECT' },
          },
        ],
      },
    ],
  },
  'other-environment': {
    about: 'The answers name the other environment.',
    passive: [{ faults: [{ at: 'create', kind: 'change', change: { environment_name: 'Production' } }] }],
  },
  'no-capture-link': {
    about: 'The pause comes without a Document Request.',
    documents: [
      {
        candidate: 'absent',
        faults: (['create', 'read'] as const).map((at) => ({
          at,
          kind: 'change' as const,
          change: { data_enrichments: [] },
        })),
      },
    ],
  },
  ...Object.fromEntries(
    (['truncated', 'not_a_zip', 'hostile', 'huge', 'many'] as const).map((zip) => [
      `zip-${zip.replaceAll('_', '-')}`,
      {
        about: `Accepted, but the ZIP of the images is ${zip.replaceAll('_', ' ')}.`,
        documents: [{ faults: [{ at: 'documents' as const, kind: 'zip' as const, zip }] }],
      },
    ]),
  ),
};

export const builtInScenarios: Record<string, Scenario> = { ...mainLine, ...answers, ...troubles };
