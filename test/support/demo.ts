import { inject } from 'vitest';
import { z } from 'zod';
import { scenarios } from '../../src/cli/demo/scenarios.ts';
import { run } from './processes.ts';

const line = z.strictObject({
  scenario: z.string(),
  applicationId: z.string(),
  stage: z.string(),
  outcome: z.string().nullable(),
  verdicts: z.array(z.strictObject({ stage: z.string(), attempt: z.number(), verdict: z.string() })),
  images: z.union([z.number(), z.string()]),
  asExpected: z.boolean(),
});
type Line = Omit<z.output<typeof line>, 'applicationId'>;

/** The demo of these candidates, run to its end: what it printed of each, and what it should have printed. */
export async function playDemo(
  names: string[],
  ...options: string[]
): Promise<{ code: number | null; stderr: string; came: Line[]; expected: Line[] }> {
  const { code, stdout, stderr } = await run(['demo', '--json', ...options], {
    TEMPORAL_ADDRESS: inject('temporalAddress'),
  });
  const came = stdout
    .trim()
    .split('\n')
    .map((text) => line.parse(JSON.parse(text)))
    .map(({ applicationId: _id, ...rest }) => rest);
  return { code, stderr, came: came.toSorted(byName), expected: expectedOf(names).toSorted(byName) };
}

function expectedOf(names: string[]): Line[] {
  return names.map((name) => {
    const expected = scenarios.find((scenario) => scenario.name === name)?.expected;
    if (!expected) throw new Error(`the demo has no candidate "${name}"`);
    const { stage, outcome, images, verdicts } = expected;
    return {
      scenario: name,
      stage,
      outcome,
      images,
      asExpected: true,
      verdicts: verdicts.map(([at, attempt, verdict]) => ({ stage: at, attempt, verdict })),
    };
  });
}

function byName(one: Line, other: Line): number {
  return one.scenario.localeCompare(other.scenario);
}
