import { jsonSchemaOf } from '../../src/contract/json-schema.ts';
import { policy } from '../../src/contract/index.ts';
import { fieldsOf, type Node, readNode, typeInWords } from './json-schema.ts';
import { json, pageOf, table } from './markdown.ts';

/** A policy of a company that is stricter than the defaults; a test validates it. */
export const examplePolicy = {
  documents: {
    start: 'immediately',
    maxAttempts: 2,
    deadline: '3 days',
    accepted: { types: ['Passport'], otherwise: 'resubmit' },
    rules: { R831: 'review' },
  },
  reverification: { every: '180 days' },
  images: { archiveOn: ['accept', 'reject'], keepFor: { accept: '1 year', reject: '30 days' } },
  verdicts: { 'MANUAL CHECK': 'review' },
} as const;

/** docs/policy.md. */
export async function renderPolicyPage(): Promise<string> {
  const root = readNode(jsonSchemaOf('policy'));
  const sections = Object.entries(root.properties ?? {});
  const alone = sections.filter(([, section]) => section.properties === undefined).map(([name]) => name);
  return pageOf([
    '# Policy reference',
    'This page lists every setting of a funnel’s policy, with its type, default and effect. Read [what a funnel does](funnel.md) first: the settings use its stages and verdicts. `npm run docs:policy` writes the page from the schema that checks a policy (`src/contract/policy.ts`).',
    'A policy is the field `policy` of the application that starts a funnel. A file of `candidate-funnel start --policy FILE`, or of the setting `FUNNEL_POLICY_FILE`, supplies what the application does not set itself. Every setting has a default. The policy is checked when the funnel starts, and fixed from then on; an unknown setting is refused.',
    'A **duration** is text: a number and its unit, such as `30s`, `10 minutes`, `12 hours` or `7 days`. It is longer than zero and at most 10 years; a number without a unit is milliseconds.',
    'For editors and validators there is a JSON Schema: `candidate-funnel schema policy`, or `candidate-funnel/schemas/policy.json` in the package.',
    '## Example',
    json(examplePolicy),
    ...sections
      .filter(([name]) => !alone.includes(name))
      .flatMap(([name, section]) => [`## \`${name}\``, section.description ?? '', settings(root, [name])]),
    '## Other settings',
    settings(root, alone),
  ]);
}

function settings(root: Node, names: readonly string[]): string {
  const rows = fieldsOf(root)
    .filter(({ path }) =>
      names.some((name) => path.startsWith(`${name}.`) || (names.length > 1 && path === name)),
    )
    .map(({ path, node }) => [
      `\`${path}\``,
      typeInWords(node, root),
      defaultOf(path, node),
      node.description ?? '',
    ]);
  return table(['setting', 'type', 'default', 'effect'], rows);
}

/** What a funnel gets that sets nothing; of a setting in an optional part, what that part has by itself. */
function defaultOf(path: string, node: Node): string {
  const effective = path.split('.').reduce<unknown>((value, key) => {
    return typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined;
  }, policy.parse({}));
  const value = effective ?? node.default;
  if (effective === null) return '`null`';
  if (value === undefined || (typeof value === 'object' && node.properties)) return '–';
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}
