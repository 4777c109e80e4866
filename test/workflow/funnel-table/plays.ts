import type { Scenario } from '../../../src/emulator/index.ts';
import { type EvaluatedStage, evaluatedStages, type Wait, waits } from './states.ts';

type Plays = NonNullable<Scenario['passive']>;
type Play = Plays[number];

const absent = { waitsFor: ['capture'], candidate: 'absent' } satisfies Play;
const inProgress = { eval_status: 'evaluation_in_progress' };

/** How RiskOS behaves so that a funnel waits for that. */
const waiting: Record<Wait, Play> = {
  asked: { ...absent, faults: [{ at: 'create', kind: 'cut', when: 'after', times: 1 }] },
  works: {
    ...absent,
    faults: [
      { at: 'create', kind: 'change', change: inProgress },
      { at: 'read', kind: 'change', change: inProgress },
    ],
  },
  capture: absent,
  code: { waitsFor: ['one_time_code'] },
  information: { waitsFor: ['more_information'], missing: ['individual.shoe_size'] },
  hosted: { waitsFor: ['hosted_flow'], candidate: 'absent' },
};

/** A first attempt that counts for nothing, so that there is an earlier one. */
const technical: Play = { waitsFor: [], decision: 'RESUBMIT', tags: ['docv_error'] };

export const useCases: Record<EvaluatedStage, 'passive' | 'documents' | 'selfie'> = {
  passive_check: 'passive',
  document_verification: 'documents',
  selfie_reverification: 'selfie',
  payroll_setup: 'passive',
};

const evaluated = evaluatedStages.flatMap((stage) =>
  waits.map((wait): [string, Scenario] => [
    waitingIn(stage, wait),
    { [useCases[stage]]: [technical, waiting[wait]] },
  ]),
);

/** The scenario of a funnel that comes to wait for that in that stage, at its second attempt. */
export function waitingIn(stage: EvaluatedStage, wait: Wait): string {
  return `${useCases[stage]}-${wait}`;
}

export const scenarios: Record<string, Scenario> = {
  ...Object.fromEntries(evaluated),
  'straight-on': { passive: [technical, {}], documents: [absent], selfie: [absent] },
  'in-review': { passive: [technical, { decision: 'REVIEW' }] },
  'in-documents-review': { documents: [technical, { waitsFor: [], decision: 'REVIEW' }] },
  refused: {
    passive: [
      technical,
      {
        ...absent,
        faults: [{ at: 'create', kind: 'answer', status: 403, code: 'PERMISSION_DENIED', times: 1 }],
      },
    ],
  },
  unclear: {
    passive: [
      technical,
      { ...absent, faults: [{ at: 'create', kind: 'answer', when: 'after', status: 500, times: 5 }] },
    ],
  },
};
