import { describe, test } from 'vitest';
import { canary, completeApplication } from '../workflow/bad-input/messages.ts';
import { run } from '../support/processes.ts';

// Nobody listens there: what is refused later than at the door would end with 5.
const nowhere = { TEMPORAL_ADDRESS: '127.0.0.1:9' };
const { candidate } = completeApplication;
const everywhere = {
  ...completeApplication,
  applicationId: `${canary} `,
  candidate: Object.fromEntries(Object.keys(candidate).map((name) => [name, [canary]])),
  useCase: canary,
  baseline: { referenceId: [canary] },
  policy: { documents: { deadline: canary, maxAttempts: canary }, verdicts: { PASSED: canary } },
};

describe('the command refuses with 2, in one line that never holds the value:', () => {
  test.concurrent.for<[string, string[], string, RegExp]>([
    ['an application', ['start', '-'], JSON.stringify(everywhere), /candidate\.email: /],
    ['what is no JSON', ['start', '-'], `{"candidate": ${canary}`, /standard input is not JSON/],
    ['a correction', ['correct', 'app-1', '--candidate', '-'], `{"email":"${canary}"}`, /candidate\.email: /],
    [
      'payroll data',
      ['payroll', 'app-1', '--candidate', '-'],
      `{"dateOfBirth":"${canary}"}`,
      /dateOfBirth: /,
    ],
    [
      'an empty reason',
      ['review', 'app-1', '--verdict', 'accept', '--by', canary, '--reason', ''],
      '',
      /reason: /,
    ],
    ['a long reason', ['withdraw', 'app-1', '--reason', canary.repeat(100)], '', /reason: /],
    ['a long token', ['documents', 'app-1', '--di-token', canary.repeat(1000)], '', /diSessionToken: /],
    ['an application id', ['status', `${canary}@example.com`], '', /application id must be/],
  ])('%s', async ([_what, args, input, reason], { expect }) => {
    const { code, stdout, stderr } = await run(args, nowhere, input);
    expect({ code, lines: stderr.trim().split('\n').length }).toEqual({ code: 2, lines: 1 });
    expect(stderr).toMatch(reason);
    expect(stdout + stderr).not.toContain(canary);
  });
});
