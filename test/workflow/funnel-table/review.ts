import { expect } from 'vitest';
import type { World } from '../../support/world.ts';
import { reachVerdict } from './reach.ts';
import { nameOf, wordAt } from './settle.ts';
import type { EvaluatedStage } from './states.ts';
import type { Word } from './words.ts';

/** What HR's decision on an evaluation of that stage leads to. */
export async function reviewed(
  world: World,
  stage: EvaluatedStage,
  verdict: 'accept' | 'reject' | 'resubmit',
): Promise<Word> {
  const policy = stage === 'passive_check' ? ({ passive: { onReview: 'review' } } as const) : {};
  const funnel = await reachVerdict(world, stage, nameOf(stage, 'review'), policy);
  const reached = async () => (await funnel.status()).stage;
  await expect.poll(reached, { interval: 300 }).toBe('review');
  await funnel.review({ verdict, by: 'reviewer-7', reason: 'looked at it' });
  return wordAt(world, funnel, stage);
}
