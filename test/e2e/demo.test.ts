import { expect, inject, test } from 'vitest';
import { playDemo } from '../support/demo.ts';
import { run } from '../support/processes.ts';

/** All of them, test/system/demo.test.ts plays as a process, and test/e2e/scenarios.test.ts in this one. */
const few = ['accept', 'reverified', 'passive-reject'];

test('the demo ends by itself with 0, having printed one JSON line for each candidate', async () => {
  const { code, stderr, came, expected } = await playDemo(few, '--only', few.join(','));
  expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringMatching(/Capture page\s+http:/) });
  expect(came).toEqual(expected);
}, 120_000);

test('without --json it prints a line a change, and in the end what was expected and what came', async () => {
  const { code, stdout, stderr } = await run(['demo', '--only', 'accept,passive-reject'], {
    TEMPORAL_ADDRESS: inject('temporalAddress'),
  });
  expect({ code, stderr }).toMatchObject({ code: 0 });
  expect(stdout).toMatch(/^· accept\s+document verification\s+accept$/m);
  expect(stdout).toContain('expected  passive accept → documents accept; verified, 3 images');
  expect(stdout).toContain('came      passive accept → documents accept; verified, 3 images  (as expected)');
  expect(stdout).toMatch(/^✓ accept: /m);
  // A rejection that was expected is no success of the candidate.
  expect(stdout).toMatch(/^– passive-reject: /m);
  expect(stdout).toMatch(/2 of 2 candidates ended as expected: 1 verified, 1 closed without that\n$/);
}, 120_000);

test('a name that is none of its candidates is refused', async () => {
  const { code, stderr } = await run(['demo', '--only', 'nobody'], {});
  expect({ code, stderr }).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/there is no candidate "nobody"/),
  });
});
