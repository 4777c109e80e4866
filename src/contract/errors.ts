import type { z } from 'zod';

/** The documented words for what can be wrong with a message or a start. */
export const refusals = [
  'InvalidApplication',
  'InvalidMessage',
  'WrongStage',
  'NoBaseline',
  'AlreadyOpen',
  'AlreadyClosed',
  'Forgotten',
  'EndedInTemporal',
  'UnreadableStatus',
  'NotFound',
  'Unreachable',
  'TemporalRefused',
  'RiskosRefused',
  'RiskosUnavailable',
  'WrongState',
  'Held',
  'NotHeld',
] as const;
export type Refusal = (typeof refusals)[number];

/** The refusal of a query that arrives before its workflow task; a second attempt is answered. */
export const aboutToMove = 'the funnel is about to move; ask again';

/** Parses input from outside. The issues are in our own words, whatever language the process has configured for zod. */
export function checkInput<Schema extends z.ZodType>(
  schema: Schema,
  input: unknown,
): z.ZodSafeParseResult<z.output<Schema>> {
  return schema.safeParse(input, { error: (issue) => sentence(issue, issue.input === undefined) });
}

/** `field: reason; field: reason`, with field names and never a value. */
export function describeIssues(error: z.ZodError, root = ''): string {
  const lines = error.issues.flatMap((issue) => {
    const path = [...(root === '' ? [] : [root]), ...issue.path.map(readable)];
    if (issue.code === 'unrecognized_keys') {
      return issue.keys.map((key) => `${[...path, readable(key)].join('.')}: is not a known field`);
    }
    return `${path.length > 0 ? `${path.join('.')}:` : 'the input'} ${reasonOf(issue)}`;
  });
  return presentable(lines.join('; '));
}

/** Field names come from the sender: a name that could pass for our own text is quoted. */
function readable(key: PropertyKey): string {
  const name = String(key);
  return /^[\w-]+$/.test(name) ? name : JSON.stringify(name);
}

function reasonOf(issue: z.core.$ZodIssue): string {
  const missing = issue.message.endsWith(', received undefined');
  return zodsOwn.test(issue.message) ? sentence(issue, missing) : issue.message;
}

/** How zod begins every sentence of its own, in its default language. */
const zodsOwn = /^(Invalid|Too (big|small)|Unrecognized)\b/;

const longestText = 1000;

/** Half of a surrogate pair would make a failure that no worker can report. */
function presentable(text: string): string {
  const wellFormed = text.replace(/\p{Surrogate}/gu, '\ufffd');
  return wellFormed.length > longestText
    ? `${wellFormed.slice(0, longestText).replace(/\p{Surrogate}$/u, '')} …`
    : wellFormed;
}

/** What is wrong, for people who do not write TypeScript; it follows the name of the field. */
function sentence(issue: z.core.$ZodRawIssue | z.core.$ZodIssue, missing: boolean): string {
  switch (issue.code) {
    case 'invalid_type':
      return missing ? 'is missing' : `must be ${kinds[issue.expected] ?? `of the type ${issue.expected}`}`;
    case 'invalid_value':
      return `must be ${issue.values.length > 1 ? 'one of ' : ''}${issue.values.map((value) => JSON.stringify(value)).join(', ')}`;
    case 'too_small':
      return issue.origin === 'string' && issue.minimum === 1
        ? 'must not be empty'
        : bounded(issue.origin, issue.inclusive === false ? 'more than' : 'at least', issue.minimum);
    case 'too_big':
      return bounded(issue.origin, issue.inclusive === false ? 'less than' : 'at most', issue.maximum);
    case 'unrecognized_keys':
      return 'has an unknown field';
    case 'invalid_union':
      return 'has none of the possible forms';
    case 'invalid_key': {
      const [first] = issue.issues;
      return `is not a possible name${first ? `: it ${reasonOf(first)}` : ''}`;
    }
    case 'not_multiple_of':
      return `must be a multiple of ${issue.divisor}`;
    case 'invalid_format':
    case 'invalid_element':
    case 'custom':
      return 'does not have the right form';
  }
}

const kinds: Partial<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
  array: 'a list',
  null: 'null',
};

const units: Partial<Record<string, string>> = { string: 'characters', array: 'entries', set: 'entries' };

function bounded(origin: string, comparison: string, limit: number | bigint): string {
  const unit = units[origin];
  return unit ? `must have ${comparison} ${limit} ${unit}` : `must be ${comparison} ${limit}`;
}

/**
 * True if a payload codec or key store refused because the application was forgotten. Recognized by `type`, because codecs are
 * passed in and neither the client nor the activities import their error classes.
 */
export function isKeyForgotten(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  return ('type' in error && error.type === 'KeyForgotten') || isKeyForgotten(error.cause);
}
