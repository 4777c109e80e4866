import { expect, test } from 'vitest';
import { bundlePath } from '../../src/worker/bundle-path.ts';
import { openSandbox } from './server/sandbox.ts';
import { simulate } from './simulate.ts';

const sandbox = openSandbox(bundlePath);

/** Each of these seeds found something once. A change of the plans makes other lives of them: then look for new ones. */
const found: [string, number][] = [
  ['an update is refused while continue-as-new is suggested: the run must not end because of it', 2],
  ['… also in a funnel of many attempts', 8],
  ['a GET that is in flight over the deadline tells nothing about the time after it', 2421],
];

test.each(found)('%s (seed %i)', (_, seed) => {
  expect(simulate(sandbox, seed).wrong).toEqual([]);
});
