import { isDeepStrictEqual } from 'node:util';
import { cameOf } from '../../src/cli/demo/play.ts';
import type { Journey } from './accompany.ts';
import type { PlannedFunnel } from './plan.ts';

/** What is wrong with where a funnel has arrived, in words; nothing when it is as if there had been no hazards. */
export function wrongWith({ status, scenario }: Journey, { faults }: PlannedFunnel): string[] {
  if (!status) return ['it never started, or never answered'];
  const came = cameOf(status);
  const wrong: string[] = [];
  // Images come beside the funnel, and after a kill much later: no verdict waits for them.
  const imagesCome = status.images.some(({ result }) => result === 'pending');
  const expected = imagesCome ? { ...scenario.expected, images: came.images } : scenario.expected;
  if (!isDeepStrictEqual(came, expected)) {
    wrong.push(`expected ${JSON.stringify(expected)}, came ${JSON.stringify(came)}`);
  }
  if (status.attention) wrong.push(`it asks for attention: ${status.attention.reason}`);
  const allowed = [
    ...(scenario.name === 'technical-then-accept' ? ['technical'] : []),
    ...(faults.includes('contradicted') ? ['contradicted_later'] : []),
  ];
  const strange = status.verdicts.flatMap(({ flags }) => flags).filter((flag) => !allowed.includes(flag));
  if (strange.length > 0) wrong.push(`flags that nothing explains: ${strange.join(', ')}`);
  return wrong;
}
