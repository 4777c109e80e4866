import { jsonSchemaOf } from '../../src/contract/json-schema.ts';
import type { Flag } from '../../src/contract/index.ts';
import { exampleStatus } from './examples.ts';
import { type Field, fieldsOf, type Node, readNode, typeInWords } from './json-schema.ts';
import { json, pageOf, table } from './markdown.ts';

const flagTexts: Record<Flag, string> = {
  unknown_decision: 'RiskOS used a decision word that neither candidate-funnel nor `policy.verdicts` knows.',
  technical: 'A step of RiskOS failed; the candidate did nothing wrong.',
  link_expired: 'The capture link expired, or the candidate let the session lapse; it counts as an attempt.',
  risk: 'A reason code marks fraud.',
  other_reference: 'The selfie was not compared with the reference that was sent.',
  no_document_result: 'RiskOS accepted, but verified no document although documents were requested.',
  no_baseline: 'Accepted without the reference of an accepted document: no selfie can be compared later.',
  enrichment_failed: 'A step of an accepted evaluation failed.',
  routed: "A rule of the policy changed RiskOS's decision; `rule` names it.",
  decided_by_hr: 'A person at HR decided.',
  contradicted_later: 'RiskOS later changed its decision; the verdict stays.',
};

/** docs/status.md. */
export async function renderStatusPage(): Promise<string> {
  const root = readNode(jsonSchemaOf('status'));
  const fields = fieldsOf(root);
  const kinds = root.properties?.['nextAction']?.oneOf ?? [];
  return pageOf([
    '# Status reference',
    'This page lists the fields of a funnel’s status: the answer of the query `status`, of every update, of `candidate-funnel status --json`, and the result of the workflow. Read [what a funnel does](funnel.md) first: it explains the stages. `npm run docs:status` writes the page from `src/contract/status-schema.ts`.',
    'Times are ISO 8601 in UTC. A newer release may add fields and words: ignore what you do not know. The JSON Schema is printed by `candidate-funnel schema status`; in the package it is `candidate-funnel/schemas/status.json`.',
    '## Example',
    json(exampleStatus),
    '## Fields',
    rows(
      root,
      fields.filter(({ path }) => !/^(nextAction|verdicts\[\])\./.test(path)),
    ),
    '## Next actions',
    '`nextAction` says what HR has to do now. Its `kind` decides which other fields it has.',
    table(
      ['kind', 'what to do'],
      kinds.map((kind) => [`\`${String(kind.properties?.['kind']?.const)}\``, kind.description ?? '']),
    ),
    rows(
      root,
      kinds.flatMap((kind) =>
        fieldsOf(kind, root)
          .filter(({ path }) => path !== 'kind')
          .map((field) => ({ ...field, path: `${String(kind.properties?.['kind']?.const)}.${field.path}` })),
      ),
    ),
    '## Verdicts',
    'Each entry of `verdicts`:',
    rows(root, within(fields, 'verdicts[].')),
    '## Flags',
    table(
      ['flag', 'meaning'],
      Object.entries(flagTexts).map(([flag, text]) => [`\`${flag}\``, text]),
    ),
  ]);
}

export function within(fields: readonly Field[], prefix: string): Field[] {
  return fields
    .filter(({ path }) => path.startsWith(prefix))
    .map((field) => ({ ...field, path: field.path.slice(prefix.length) }));
}

export function rows(root: Node, fields: readonly Field[]): string {
  return table(
    ['field', 'type', 'meaning'],
    fields.map(({ path, node, required }) => [
      `\`${path}\``,
      `${typeInWords(node, root)}${required ? '' : '; may be absent'}`,
      node.description ?? '',
    ]),
  );
}
