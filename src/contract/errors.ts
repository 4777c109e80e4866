import type { z } from 'zod';

/** The documented words for what can be wrong with a message or a start. */
export const refusals = [
  'InvalidApplication',
  'InvalidMessage',
  'WrongStage',
  'NoBaseline',
  'AlreadyOpen',
  'NotFound',
  'Unreachable',
  'RiskosRefused',
  'RiskosUnavailable',
] as const;
export type Refusal = (typeof refusals)[number];

/** A query that came before the workflow task whose events it saw is refused with this; asked again, it is answered. */
export const aboutToMove = 'the funnel is about to move; ask again';

/** `field: reason; field: reason`, with field names and never a value. */
export function describeIssues(error: z.ZodError, root = ''): string {
  const lines = error.issues.map((issue) => {
    const field = [root, ...issue.path.map(String)].filter(Boolean).join('.');
    const message = inPlainWords(issue.message);
    return field ? `${field}: ${message}` : message;
  });
  return presentable(lines.join('; '));
}

const longestText = 1000;

/** Names of fields are anybody's text: half a character in one would make a failure that no worker can report. */
function presentable(text: string): string {
  const wellFormed = text.replace(/\p{Surrogate}/gu, '\ufffd');
  return wellFormed.length > longestText
    ? `${wellFormed.slice(0, longestText).replace(/\p{Surrogate}$/u, '')} …`
    : wellFormed;
}

/** zod's own sentences, for people who do not write TypeScript. */
export function inPlainWords(message: string): string {
  return message
    .replace(/^Invalid input: expected .*, received undefined$/, 'is missing')
    .replace(/^Invalid input: expected ([aeiou].*), received .*$/, 'must be an $1')
    .replace(/^Invalid input: expected (.*), received .*$/, 'must be a $1')
    .replace(/^Invalid option: expected one of /, 'must be one of ')
    .replace(/^Unrecognized keys?: /, 'has an unknown field: ');
}
