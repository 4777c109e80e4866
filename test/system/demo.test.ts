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

test('the demo ends by itself with 0, having printed one JSON line for each candidate', async () => {
  const { code, stdout, stderr } = await run(['demo', '--json'], {
    TEMPORAL_ADDRESS: inject('temporalAddress'),
  });
  expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringMatching(/Capture page\s+http:/) });
  const lines = stdout
    .trim()
    .split('\n')
    .map((text) => line.parse(JSON.parse(text)));
  expect(lines.map(({ scenario }) => scenario).toSorted()).toEqual(
    scenarios.map(({ name }) => name).toSorted(),
  );
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
