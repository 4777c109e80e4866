import { expect, inject, test } from 'vitest';
import { z } from 'zod';
import { scenarios } from '../../src/cli/demo/scenarios.ts';
import { run } from '../support/processes.ts';

const line = z.strictObject({
  scenario: z.string(),
  applicationId: z.string(),
  stage: z.string(),
  outcome: z.string().nullable(),
  verdicts: z.array(z.strictObject({ stage: z.string(), attempt: z.number(), verdict: z.string() })),
  images: z.union([z.number(), z.string()]),
  asExpected: z.boolean(),
});

/** All of them, test/system/demo.test.ts plays as a process, and test/e2e/scenarios.test.ts in this one. */
const few = ['accept', 'reverified', 'passive-reject'];

test('the demo ends by itself with 0, having printed one JSON line for each candidate', async () => {
  const { code, stdout, stderr } = await run(['demo', '--json', '--only', few.join(',')], {
    TEMPORAL_ADDRESS: inject('temporalAddress'),
  });
  expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringMatching(/Capture page\s+http:/) });
  const lines = stdout
    .trim()
    .split('\n')
    .map((text) => line.parse(JSON.parse(text)));
  expect(lines.map(({ scenario }) => scenario).toSorted()).toEqual(few.toSorted());
  for (const { scenario, ...came } of lines) {
    const expected = scenarios.find(({ name }) => name === scenario)?.expected;
    expect(came).toMatchObject({
      stage: expected?.stage,
      outcome: expected?.outcome,
      images: expected?.images,
      asExpected: true,
    });
    expect(came.verdicts).toEqual(
      expected?.verdicts.map(([stage, attempt, verdict]) => ({ stage, attempt, verdict })),
    );
  }
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
