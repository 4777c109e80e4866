import { expect, test } from 'vitest';
import { sandbox } from './shared-sandbox.ts';
import { simulate } from './simulate.ts';

/** Each of these seeds found something once. A change of the plans makes other lives of them: then look for new ones. */
const found: [number, string][] = [
  [2, 'an update is refused while continue-as-new is suggested, and the run ends because of it'],
  [8, 'the same, in the middle of a capture'],
  [2421, 'a GET in flight over the deadline counts as the reading after it: the funnel closes as expired'],
  [1421, 'the same, 1 ms before the deadline'],
  [1417, 'the same, with a new attempt that the candidate has to do'],
  [1830, 'the same, of a selfie'],
  [2453, 'the same, in a run that is about to continue as new'],
  [25827, 'an event of a given-up attempt, which cannot be read either, ends the present one'],
  [65126, 'the same, in an outage over the deadline'],
  [205, 'Temporal’s cancel reaches a run that continues as new in the same task: nobody is cancelled'],
  [177116, 'a contradiction changes the verdict inside a notice that waits to be sent again'],
  [166470, 'the same, at the end of the images’ time'],
  [96716, 'the candidate does their part so late that RiskOS still works on it at the deadline'],
  [53431, 'a late accept ends what stood at needs_attention, and no further attempt is begun'],
  [44220, 'a double of a webhook comes after RiskOS decided anew, and the webhook of that is lost'],
  [
    524736,
    'an update that is accepted and fails in one task, because of a cancellation, counts as refused by the simulated server',
  ],
  [
    2052,
    'an attempt that a person resumed expires, and is accepted late: the oracle took the retry for a new attempt',
  ],
  [907, 'RiskOS accepts what it had cancelled, while the funnel needs attention: nobody is told'],
];

test.each(found)('seed %i: %s', (seed) => {
  expect(simulate(sandbox, seed).wrong).toEqual([]);
});
