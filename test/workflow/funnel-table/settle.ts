import { expect } from 'vitest';
import type { ApplicationInput, Funnel } from '../../../src/client/index.ts';
import type { Scenario } from '../../../src/emulator/index.ts';
import type { World } from '../../support/world.ts';
import { look } from './observe.ts';
import { useCases } from './plays.ts';
import { reachVerdict } from './reach.ts';
import { type EvaluatedStage, evaluatedStages } from './states.ts';
import { type Ending, endings } from './verdicts.ts';
import { to, type Word } from './words.ts';

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

/** What the end of the first evaluation of that stage leads to. */
export async function afterEnding(
  world: World,
  stage: EvaluatedStage,
  ending: Ending | 'deadline',
  policy: NonNullable<ApplicationInput['policy']>,
): Promise<Word> {
  const funnel = await reachVerdict(world, stage, nameOf(stage, ending), policy);
  await expect.poll(() => settled(funnel, stage, ending), { interval: 300 }).toBe(true);
  return wordAt(world, funnel, stage);
}

/** The stage that a funnel has come to, or that it tries again. */
export async function wordAt(world: World, funnel: Funnel, stage: EvaluatedStage): Promise<Word> {
  const handle = world.temporal.workflow.getHandle(`funnel-${funnel.applicationId}`);
  const { status } = await look(funnel, handle);
  if (status.stage !== stage) return to(status.stage);
  return status.attempt === 2 ? 'again' : 'ignored';
}

async function settled(funnel: Funnel, stage: EvaluatedStage, ending: Ending | 'deadline'): Promise<boolean> {
  if (ending !== 'deadline') return (await funnel.status()).verdicts.some((one) => one.stage === stage);
  return (await funnel.timeline()).some(({ what }) => what.endsWith('attempt 1: deadline passed'));
}
