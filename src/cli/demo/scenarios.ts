import type { ApplicationInput, Outcome, Stage, Verdict } from '../../client/index.ts';

/** One named candidate of the demo: the policy, what HR does, and what must come of it. */
export interface Scenario {
  name: string;
  about: string;
  policy?: ApplicationInput['policy'];
  /** What HR does once the funnel stands there; documents are requested whenever the funnel waits for that. */
  hr?: 'reverify' | 'withdraw';
  expected: Expected;
}

export interface Expected {
  stage: Stage | 'starting';
  outcome: Outcome | null;
  /** Stage, attempt and verdict, in order. */
  verdicts: [Stage, number, Verdict][];
  /** How many images are archived, or why none are; `none`: there was nothing to archive. */
  images: number | string;
}

const passed: [Stage, number, Verdict] = ['passive_check', 1, 'accept'];
const documents = (attempt: number, verdict: Verdict): [Stage, number, Verdict] => [
  'document_verification',
  attempt,
  verdict,
];
const selfie = (verdict: Verdict): [Stage, number, Verdict] => ['selfie_reverification', 1, verdict];
const verified = { stage: 'verified', outcome: null } as const;

export const scenarios: Scenario[] = [
  {
    name: 'accept',
    about: 'passes, shows documents, is accepted',
    expected: { ...verified, verdicts: [passed, documents(1, 'accept')], images: 3 },
  },
  {
    name: 'resubmit-then-accept',
    about: 'a picture with glare; the second attempt is good',
    expected: {
      ...verified,
      verdicts: [passed, documents(1, 'resubmit'), documents(2, 'accept')],
      images: 3,
    },
  },
  {
    name: 'resubmit-exhausted',
    about: 'three bad pictures',
    expected: {
      stage: 'closed',
      outcome: 'attempts_exhausted',
      verdicts: [passed, documents(1, 'resubmit'), documents(2, 'resubmit'), documents(3, 'resubmit')],
      images: 'none',
    },
  },
  {
    name: 'passive-reject',
    about: 'the passive check says no',
    expected: {
      stage: 'closed',
      outcome: 'rejected',
      verdicts: [['passive_check', 1, 'reject']],
      images: 'none',
    },
  },
  {
    name: 'passive-review-step-up',
    about: 'the passive check is unsure; documents settle it',
    expected: { ...verified, verdicts: [['passive_check', 1, 'review'], documents(1, 'accept')], images: 3 },
  },
  {
    name: 'review-then-accept',
    about: 'a reviewer decides in RiskOS',
    expected: { ...verified, verdicts: [passed, documents(1, 'review'), documents(1, 'accept')], images: 3 },
  },
  {
    name: 'military-no-images',
    about: 'a military ID, whose images RiskOS may not keep',
    expected: { ...verified, verdicts: [passed, documents(1, 'accept')], images: 'military' },
  },
  {
    name: 'lost-webhook',
    about: 'no webhook ever comes; reconciliation finds the result',
    expected: { ...verified, verdicts: [passed, documents(1, 'accept')], images: 3 },
  },
  {
    name: 'reverified',
    about: 'HR asks for documents, and on the first day for a selfie',
    policy: { documents: { start: 'on_request' } },
    hr: 'reverify',
    expected: { ...verified, verdicts: [passed, documents(1, 'accept'), selfie('accept')], images: 4 },
  },
  {
    name: 'reverify-rejected',
    about: 'somebody else comes on the first day',
    hr: 'reverify',
    expected: {
      stage: 'closed',
      outcome: 'rejected',
      verdicts: [passed, documents(1, 'accept'), selfie('reject')],
      images: 3,
    },
  },
  {
    name: 'withdrawn',
    about: 'never opens the link; HR withdraws the application',
    hr: 'withdraw',
    expected: { stage: 'closed', outcome: 'withdrawn', verdicts: [passed], images: 'none' },
  },
  {
    name: 'accepted-result-first',
    about: 'shows two documents in one evaluation; the accepted one counts',
    expected: { ...verified, verdicts: [passed, documents(1, 'accept')], images: 3 },
  },
  {
    name: 'phone-risk-failed',
    about: 'a bad picture while another step of RiskOS fails; the second attempt is good',
    expected: {
      ...verified,
      verdicts: [passed, documents(1, 'resubmit'), documents(2, 'accept')],
      images: 3,
    },
  },
  {
    name: 'review-with-queues',
    about: 'a review with a score, tags and queues, kept for audit',
    expected: { ...verified, verdicts: [passed, documents(1, 'review'), documents(1, 'accept')], images: 3 },
  },
  {
    name: 'handed-over',
    about: 'gets the link from the page of the HR system, without an SMS',
    policy: { documents: { sendMessage: false } },
    expected: { ...verified, verdicts: [passed, documents(1, 'accept')], images: 3 },
  },
  {
    name: 'passport-then-license',
    about: 'shows a passport where a driver’s license is wanted; the second attempt is one',
    policy: { documents: { accepted: { types: ['Drivers License'] } } },
    expected: {
      ...verified,
      verdicts: [passed, documents(1, 'resubmit'), documents(2, 'accept')],
      images: 3,
    },
  },
  {
    name: 'passport-from-abroad',
    about: 'shows a passport of a country that the policy refuses',
    policy: { documents: { accepted: { countries: ['US'], otherwise: 'reject' } } },
    expected: {
      stage: 'closed',
      outcome: 'rejected',
      verdicts: [passed, documents(1, 'reject')],
      images: 'none',
    },
  },
  {
    name: 'failure-then-review',
    about: 'is accepted although a step failed; a reviewer confirms it',
    expected: { ...verified, verdicts: [passed, documents(1, 'review'), documents(1, 'accept')], images: 3 },
  },
];

/** The demo's waiting times: seconds instead of days, by policy and nothing else. */
const demoPolicy = {
  documents: { start: 'immediately', deadline: '10 minutes' },
  review: { deadline: '10 minutes' },
  reconciliation: { first: '1s', longest: '5s' },
  images: { keepFor: '1 hour', lag: '1s' },
  ambiguousWait: '2s',
} as const satisfies ApplicationInput['policy'];

/** The application of one named candidate; `suffix` makes its id new for each run of the demo. */
export function applicationOf(
  name: string,
  suffix: string,
  policy: ApplicationInput['policy'] = {},
): ApplicationInput {
  return {
    applicationId: `${name}-${suffix}`,
    candidate: {
      givenName: 'Robin',
      familyName: 'Quill',
      email: 'robin.quill@example.com',
      phoneNumber: '+14155550142',
      diSessionToken: 'demo-session',
      address: {
        line1: '12 Harbour Lane',
        locality: 'Portland',
        majorAdminDivision: 'OR',
        country: 'US',
        postalCode: '97201',
      },
    },
    custom: { scenario: name },
    policy: { ...demoPolicy, ...policy, documents: { ...demoPolicy.documents, ...policy.documents } },
  };
}
