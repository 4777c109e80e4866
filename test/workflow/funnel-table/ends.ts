import type { Scenario } from '../../../src/emulator/index.ts';
import { useCases } from './plays.ts';
import { type EvaluatedStage, evaluatedStages } from './states.ts';
import { type Ending, endings } from './verdicts.ts';

type Play = NonNullable<Scenario['passive']>[number];

const absent: Play = { waitsFor: ['capture'], candidate: 'absent' };
const ends: Record<Ending, Play> = {
  accept: {},
  review: { decision: 'REVIEW' },
  reject: { decision: 'REJECT' },
  resubmit: { decision: 'RESUBMIT', reasonCodes: ['R831'] },
  cancel: { decision: 'CANCEL' },
  'unknown word': { decision: 'ESCALATE' },
  'marked as fraud': { decision: 'RESUBMIT', reasonCodes: ['R810'] },
  'technical error': { decision: 'RESUBMIT', tags: ['docv_error'] },
};

export const nameOf = (stage: EvaluatedStage, ending: Ending | 'deadline') =>
  `${useCases[stage]}-${ending.replaceAll(' ', '-')}`;

/** The first attempt ends like that within the POST; the second one nobody plays. */
export const endingScenarios: Record<string, Scenario> = Object.fromEntries(
  evaluatedStages.flatMap((stage) => [
    ...endings.map((ending): [string, Scenario] => [
      nameOf(stage, ending),
      { documents: [absent], [useCases[stage]]: [{ waitsFor: [], ...ends[ending] }, absent] },
    ]),
    [nameOf(stage, 'deadline'), { [useCases[stage]]: [absent] }],
  ]),
);
