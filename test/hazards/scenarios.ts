import { applicationOf, type Expected, scenarios as demonstrated } from '../../src/cli/demo/scenarios.ts';
import type { ApplicationInput } from '../../src/client/index.ts';
import { builtInScenarios, type Scenario as Plays } from '../../src/emulator/index.ts';

/** A candidate who goes through the hazards, and what must come of it as if nothing had happened. */
export interface HazardScenario {
  name: string;
  /** How RiskOS and the candidate behave. */
  plays: Plays;
  policy: ApplicationInput['policy'];
  hr?: 'reverify' | 'withdraw';
  /** What a reviewer in RiskOS decides as soon as the funnel stands at review. */
  reviewer?: 'ACCEPT' | 'REJECT';
  expected: Expected;
}

/** Short enough for a test, long enough that a restarted process does not look like an event that never came. */
const hazardPolicy = {
  documents: { start: 'immediately', deadline: '10 minutes' },
  reconciliation: { first: '1s', longest: '2s' },
  images: { lag: '200ms' },
  ambiguousWait: '1500ms',
} as const satisfies ApplicationInput['policy'];

const chosen = [
  'accept',
  'resubmit-then-accept',
  'resubmit-exhausted',
  'passive-reject',
  'passive-review-step-up',
  'review-then-accept',
  'lost-webhook',
  'reverified',
  'reverify-rejected',
  'withdrawn',
];

/** The demo's reviewer decides by the clock; this one waits until the funnel stands at review. */
const withoutReviewer: Plays = {
  documents: [{ decision: 'REVIEW', reasonCodes: ['I849'] }],
};

const named: HazardScenario[] = demonstrated
  .filter(({ name }) => chosen.includes(name))
  .map(({ name, policy = {}, hr, expected }) => ({
    name,
    plays: name === 'review-then-accept' ? withoutReviewer : (builtInScenarios[name] ?? {}),
    policy: { ...hazardPolicy, ...policy, documents: { ...hazardPolicy.documents, ...policy.documents } },
    ...(hr === undefined ? {} : { hr }),
    ...(name === 'review-then-accept' ? { reviewer: 'ACCEPT' as const } : {}),
    expected,
  }));

const technicalThenAccept: HazardScenario = {
  name: 'technical-then-accept',
  plays: { documents: [{ error: 'docv_error', decision: 'RESUBMIT' }, {}] },
  policy: hazardPolicy,
  expected: {
    stage: 'verified',
    outcome: null,
    verdicts: [
      ['passive_check', 1, 'accept'],
      ['document_verification', 1, 'resubmit'],
      ['document_verification', 2, 'accept'],
    ],
    images: 3,
  },
};

/** The first capture ends after its deadline, while the next attempt is open: it counts. */
const lateAccept: HazardScenario = {
  name: 'late-accept',
  plays: { documents: [{ after: 20 }, { candidate: 'absent' }] },
  policy: {
    ...hazardPolicy,
    documents: { start: 'immediately', deadline: '3s', onDeadline: 'next_attempt', maxAttempts: 10 },
  },
  expected: {
    stage: 'verified',
    outcome: null,
    verdicts: [
      ['passive_check', 1, 'accept'],
      ['document_verification', 1, 'accept'],
    ],
    images: 3,
  },
};

export const hazardScenarios: readonly HazardScenario[] = [...named, technicalThenAccept, lateAccept];

/** The application of one candidate; its plays have the same name in the emulator. */
export function hazardApplication(scenario: HazardScenario, suffix: string): ApplicationInput {
  const application = applicationOf(scenario.name, suffix);
  return { ...application, policy: scenario.policy, custom: { scenario: application.applicationId } };
}
