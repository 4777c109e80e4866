import type { ApplicationInput } from '../../src/contract/index.ts';
import { type Random, randomOf } from '../hazards/random.ts';
import type { EvaluatedStage } from './world/contract.ts';

/** What RiskOS and the candidate do before a decision. */
export type Step = 'in_progress' | 'capture' | 'hosted_flow' | 'one_time_code' | 'more_information';

/** When the last step ends. `instant`: inside the POST; `at_deadline`: so many milliseconds after it, or before it if negative. */
type Finish =
  | { kind: 'instant' }
  | { kind: 'after'; ms: number }
  | { kind: 'at_deadline'; ms: number }
  | { kind: 'never' };

export interface EvaluationPlan {
  steps: Step[];
  finish: Finish;
  /** RiskOS's word. */
  decision: string;
  /** Caused by an error of a step of RiskOS's own. */
  technical: boolean;
  /** With a reason code that marks fraud. */
  risk: boolean;
  /** Whether the result has a reference that a later selfie can be compared with. */
  reference: boolean;
  /** What a selfie was compared with. */
  previous: 'same' | 'other' | 'missing';
  /** RiskOS answers 404 to every reading, for good. */
  forgotten: boolean;
  /** RiskOS's workflow fails so many milliseconds after the last step began, and recovers after `lasts`, or never. */
  failure: { after: number; lasts: number | null } | null;
  /** Who decides, if it comes to a review, and when. */
  reviewer: { by: 'hr'; verdict: 'accept' | 'reject' | 'resubmit'; after: number } | RiskosReviewer;
  /** What RiskOS says of it after the verdict. */
  contradiction: { decision: string; after: number } | null;
  images: 'archived' | 'none' | 'military' | 'refused';
}

interface RiskosReviewer {
  by: 'riskos';
  decision: string;
  after: number;
}

/** `periodic`: HR wants nothing before the next selfie came by itself. */
type Visit = 'requestReverification' | 'requestPayrollSetup' | 'periodic' | 'complete' | 'rest';

export interface Plan {
  seed: number;
  application: ApplicationInput;
  policy: PlannedPolicy;
  /** Whether the worker has a NOTIFY_URL. */
  noticesConfigured: boolean;
  /** What HR wants, one after the other, when the funnel rests at `verified`. */
  visits: Visit[];
  requestsDocuments: boolean;
  /** Whether the candidate's codes and data ever come. */
  answers: boolean;
  /** Milliseconds after the start. */
  leaves: { how: 'withdraw' | 'cancel'; at: number } | null;
  /** Milliseconds that people take. */
  person: number;
  /** When RiskOS answers no call at all, in milliseconds after the start. */
  outages: { from: number; to: number }[];
  /** When something before RiskOS answers every reading with 404, in milliseconds after the start. */
  blanks: { from: number; to: number }[];
  /** Updates that nobody asked for: milliseconds after the start. */
  heckles: number[];
  rates: Rates;
  evaluation: (stage: EvaluatedStage, attempt: number) => EvaluationPlan;
}

/** How often something goes wrong, each from 0 to 1. */
interface Rates {
  callFails: number;
  callIsSlow: number;
  webhookLost: number;
  webhookDoubled: number;
  webhookLate: number;
  taskLost: number;
  evicted: number;
  noticeFails: number;
  /** The longest run, in workflow tasks, before continue-as-new is suggested; 0: never. */
  suggestWithin: number;
}

/** The policy as numbers, for the oracle. */
export interface PlannedPolicy {
  passive: Record<'onReview' | 'onReject' | 'onResubmit', 'document_verification' | 'review' | 'close'>;
  start: 'on_request' | 'immediately';
  maxAttempts: number;
  maxTechnicalRetries: number;
  deadline: number;
  onDeadline: 'close' | 'next_attempt';
  onRisk: 'review' | 'close' | 'next_attempt';
  reviewDeadline: number;
  selfie: {
    every: number | null;
    maxAttempts: number;
    deadline: number;
    onReject: 'close' | 'review' | 'verified';
    onDeadline: 'verified' | 'close';
  };
  first: number;
  longest: number;
  archiveOn: ('accept' | 'review' | 'reject')[];
  keepFor: number;
  lag: number;
  ambiguousWait: number;
}

const second = 1000;
const hour = 3600 * second;
const day = 24 * hour;

/** Everything that a seed decides. Each purpose has numbers of its own, so that one more draw shifts no other. */
export function planOf(seed: number): Plan {
  const random = randomOf(seed, 'plan');
  const tight = random.chance(0.6);
  const policy = policyOf(randomOf(seed, 'policy'), tight);
  const rates = ratesOf(randomOf(seed, 'rates'));
  const person = random.between(2, Math.max(3, Math.round(policy.deadline / second / 4))) * second;
  const span = 20 * policy.deadline;
  const withBaseline = random.chance(0.15);
  const plan: Plan = {
    seed,
    application: applicationOf(seed, policy, withBaseline, random.chance(0.25)),
    policy,
    noticesConfigured: random.chance(0.6),
    visits: visitsOf(randomOf(seed, 'visits'), policy.selfie.every !== null),
    requestsDocuments: random.chance(0.97),
    answers: randomOf(seed, 'answers').chance(0.8),
    leaves: random.chance(0.15)
      ? {
          how: random.pick(['withdraw', 'cancel']),
          at: random.between(0, random.pick([2, 10, span / second])) * second,
        }
      : null,
    person,
    outages: outagesOf(randomOf(seed, 'outages'), policy),
    blanks: blanksOf(randomOf(seed, 'blanks'), policy),
    heckles: hecklesOf(randomOf(seed, 'heckles'), span),
    rates,
    evaluation: (stage, attempt) => ({
      ...evaluationOf(randomOf(seed, 'evaluation', stage, String(attempt)), {
        stage,
        attempt,
        policy,
        person,
      }),
      failure: failureOf(randomOf(seed, 'failure', stage, String(attempt)), person),
    }),
  };
  return plan;
}

function policyOf(random: Random, tight: boolean): PlannedPolicy {
  const deadline = tight ? random.between(20, 200) * second : random.between(1, 14 * 24) * hour;
  const first = tight ? random.pick([1, 2, 5, 30]) * second : random.pick([30, 60, 300]) * second;
  // A life of many readings costs, and finds nothing more.
  const longest = Math.max(
    tight ? random.pick([30, 60, 600]) * second : random.pick([1, 6, 12]) * hour,
    Math.round(deadline / 6),
  );
  return {
    passive: {
      onReview: random.pick(['document_verification', 'document_verification', 'review', 'close']),
      onReject: random.pick(['close', 'close', 'document_verification', 'review']),
      onResubmit: random.pick(['document_verification', 'document_verification', 'review', 'close']),
    },
    start: random.pick(['on_request', 'immediately']),
    maxAttempts: random.between(1, 4),
    maxTechnicalRetries: random.between(0, 2),
    deadline,
    onDeadline: random.pick(['close', 'next_attempt', 'next_attempt']),
    onRisk: random.pick(['review', 'close', 'next_attempt']),
    reviewDeadline: tight ? random.between(20, 400) * second : random.between(1, 10) * day,
    selfie: {
      every: random.chance(0.25)
        ? tight
          ? random.between(10, 60) * 60 * second
          : random.between(10, 400) * day
        : null,
      maxAttempts: random.between(1, 3),
      deadline: tight ? random.between(20, 200) * second : random.between(1, 14 * 24) * hour,
      onReject: random.pick(['close', 'review', 'verified']),
      onDeadline: random.pick(['verified', 'close']),
    },
    first,
    longest,
    archiveOn: random.pick([['accept'], ['accept', 'review', 'reject'], []]),
    keepFor: random.pick([hour, 90 * day]),
    lag: random.pick([1, 10, 60]) * second,
    ambiguousWait: random.pick([2, 10, 30]) * second,
  };
}

function ratesOf(random: Random): Rates {
  const level = random.pick([0, 0.03, 0.1, 0.25]);
  const some = (most: number) => (random.chance(0.6) ? most * level * 4 : 0);
  return {
    callFails: some(0.35),
    callIsSlow: random.pick([0, 0.05, 0.3]),
    webhookLost: random.chance(0.15) ? 1 : some(0.5),
    webhookDoubled: some(0.5),
    webhookLate: some(0.5),
    taskLost: random.pick([0, 0, 0.02, 0.1]),
    evicted: random.pick([0, 0.01, 0.01, 0.01, 0.1]),
    noticeFails: some(0.4),
    suggestWithin: random.pick([0, 4, 10, 30]),
  };
}

function visitsOf(random: Random, periodic: boolean): Visit[] {
  const wishes = random.between(0, 3);
  const visits = Array.from({ length: wishes }, () =>
    random.pick<Visit>([
      'requestReverification',
      periodic ? 'periodic' : 'requestReverification',
      'requestPayrollSetup',
    ]),
  );
  // Periodic reverification never ends by itself.
  return [...visits, periodic || random.chance(0.5) ? 'complete' : 'rest'];
}

function outagesOf(random: Random, { deadline, longest }: PlannedPolicy): Plan['outages'] {
  if (!random.chance(0.2)) return [];
  return Array.from({ length: random.between(1, 2) }, () => {
    const from = random.between(0, Math.round((3 * deadline) / second)) * second;
    // So long that readings would be thousands, it only costs.
    const length = random.between(1, Math.round((random.pick([1, 8]) * longest) / second)) * second;
    return { from, to: from + Math.min(length, 5 * day) };
  });
}

/** Each is long enough for three readings. */
function blanksOf(random: Random, { deadline, ambiguousWait }: PlannedPolicy): Plan['blanks'] {
  if (!random.chance(0.1)) return [];
  return Array.from({ length: random.between(1, 3) }, () => {
    const from = random.between(0, Math.round((3 * deadline) / second)) * second;
    return { from, to: from + random.between(3, 8) * ambiguousWait };
  });
}

function hecklesOf(random: Random, span: number): number[] {
  const count = random.pick([0, 0, 2, 6, 12]);
  return Array.from({ length: count }, () => Math.round(random.next() ** 2 * span));
}

interface Where {
  stage: EvaluatedStage;
  attempt: number;
  policy: PlannedPolicy;
  person: number;
}

function evaluationOf(
  random: Random,
  { stage, attempt, policy, person }: Where,
): Omit<EvaluationPlan, 'failure'> {
  // A passive evaluation can have a step-up to documents inside.
  const captured =
    stage === 'document_verification' ||
    stage === 'selfie_reverification' ||
    (stage === 'passive_check' && random.chance(0.06));
  const decided = decisionOf(random, stage, attempt);
  const steps = stepsOf(random, captured, policy.deadline >= hour);
  return {
    ...decided,
    steps,
    finish: finishOf(random, {
      captured,
      waits: steps.length > 0,
      person,
      deadline: stage === 'selfie_reverification' ? policy.selfie.deadline : policy.deadline,
    }),
    reference: captured && random.chance(0.93),
    previous: random.chance(0.85) ? 'same' : random.pick(['other', 'missing']),
    forgotten: random.chance(0.01),
    reviewer: reviewerOf(random, policy),
    contradiction: random.chance(0.12)
      ? {
          decision: random.pick(['ACCEPT', 'REJECT', 'RESUBMIT', 'REVIEW']),
          after: random.between(1, 200) * second,
        }
      : null,
    images: random.pick(['archived', 'archived', 'archived', 'none', 'military', 'refused']),
  };
}

function failureOf(random: Random, person: number): EvaluationPlan['failure'] {
  if (!random.chance(0.04)) return null;
  const lasts = random.chance(0.7) ? random.between(1, 8 * person) : null;
  return { after: random.between(1, person), lasts };
}

type Decided = Pick<EvaluationPlan, 'decision' | 'technical' | 'risk'>;

function decisionOf(random: Random, stage: EvaluatedStage, attempt: number): Decided {
  const plain = { technical: false, risk: false };
  const roll = random.next();
  if (attempt > 6 || roll < (stage === 'passive_check' ? 0.66 : 0.42)) {
    return { ...plain, decision: random.pick(['ACCEPT', 'ACCEPT', 'APPROVE', 'PASSED']) };
  }
  if (roll < 0.7) return { ...plain, decision: 'RESUBMIT', risk: random.chance(0.2) };
  if (roll < 0.82) return { ...plain, decision: 'REVIEW' };
  if (roll < 0.88) return { ...plain, decision: random.pick(['REJECT', 'DECLINE']) };
  if (roll < 0.91) return { ...plain, decision: 'CANCEL' };
  if (roll < 0.94) return { ...plain, decision: 'HOLD_ON' };
  return { ...plain, technical: true, decision: random.pick(['RESUBMIT', 'CANCEL']) };
}

function stepsOf(random: Random, captured: boolean, unhurried: boolean): Step[] {
  const last: Step = captured ? random.pick(['capture', 'capture', 'capture', 'hosted_flow']) : 'in_progress';
  // A code or more data goes through HR: a deadline of seconds would be lost to chance.
  const before: Step[] =
    unhurried && random.chance(0.25) ? [random.pick(['one_time_code', 'more_information'])] : [];
  return captured || before.length > 0 || random.chance(0.4) ? [...before, last] : [];
}

interface Time {
  captured: boolean;
  waits: boolean;
  person: number;
  deadline: number;
}

function finishOf(random: Random, { captured, waits, person, deadline }: Time): Finish {
  if (!waits) return { kind: 'instant' };
  const roll = random.next();
  if (!captured) {
    return roll < 0.8
      ? { kind: 'after', ms: random.between(1, person) }
      : { kind: 'at_deadline', ms: random.pick([-500, 1, 20_000, deadline]) };
  }
  if (roll < 0.5) return { kind: 'after', ms: random.between(Math.round(person / 4), person) };
  const little = random.pick([1, 50, 1000, 5000, 15_000]);
  if (roll < 0.75) return { kind: 'at_deadline', ms: -random.between(1, little) };
  if (roll < 0.88)
    return { kind: 'at_deadline', ms: random.pick([1, little, random.between(1, deadline), 2 * deadline]) };
  return { kind: 'never' };
}

function reviewerOf(random: Random, { reviewDeadline, longest }: PlannedPolicy): EvaluationPlan['reviewer'] {
  const after = random.between(1, Math.round(Math.min(2 * reviewDeadline, 6 * longest) / second)) * second;
  return random.chance(0.5)
    ? { by: 'hr', verdict: random.pick(['accept', 'accept', 'reject', 'resubmit']), after }
    : { by: 'riskos', decision: random.pick(['ACCEPT', 'ACCEPT', 'REJECT', 'RESUBMIT', 'CANCEL']), after };
}

function applicationOf(
  seed: number,
  policy: PlannedPolicy,
  withBaseline: boolean,
  contractor: boolean,
): ApplicationInput {
  const ms = (duration: number) => `${duration}ms`;
  return {
    applicationId: `sim-${seed}`,
    candidate: {
      givenName: 'Robin',
      familyName: 'Quill',
      email: 'robin.quill@example.com',
      phoneNumber: '+14155550142',
      diSessionToken: 'di-session-of-robin',
      address: {
        line1: '12 Harbour Lane',
        locality: 'Portland',
        majorAdminDivision: 'OR',
        country: 'US',
        postalCode: '97201',
      },
      ...(contractor ? { dateOfBirth: '1990-01-02', nationalId: '987654321' } : {}),
    },
    ...(contractor ? { useCase: 'contractor_onboarding' as const } : {}),
    ...(withBaseline ? { baseline: { referenceId: 'earlier-reference' } } : {}),
    policy: {
      passive: policy.passive,
      documents: {
        start: policy.start,
        maxAttempts: policy.maxAttempts,
        maxTechnicalRetries: policy.maxTechnicalRetries,
        deadline: ms(policy.deadline),
        onDeadline: policy.onDeadline,
        onRisk: policy.onRisk,
      },
      review: { deadline: ms(policy.reviewDeadline) },
      reverification: {
        ...policy.selfie,
        every: policy.selfie.every === null ? null : ms(policy.selfie.every),
        deadline: ms(policy.selfie.deadline),
      },
      reconciliation: { first: ms(policy.first), longest: ms(policy.longest) },
      images: { archiveOn: policy.archiveOn, keepFor: ms(policy.keepFor), lag: ms(policy.lag) },
      ambiguousWait: ms(policy.ambiguousWait),
      verdicts: { PASSED: 'accept' },
    },
  };
}
