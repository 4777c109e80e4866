import { expect, test } from 'vitest';
import { scenarios } from '../../src/cli/demo/scenarios.ts';
import { playDemo } from '../support/demo.ts';

test('the demo ends by itself with 0, having printed one JSON line for each candidate', async () => {
  const { code, stderr, came, expected } = await playDemo(scenarios.map(({ name }) => name));
  expect({ code, stderr }).toMatchObject({ code: 0, stderr: expect.stringMatching(/Capture page\s+http:/) });
  expect(came).toEqual(expected);
}, 120_000);
