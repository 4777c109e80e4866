import { jsonSchemaOf } from '../../src/contract/json-schema.ts';
import { type Change, imagesFailures, zipRefusals } from '../../src/contract/index.ts';
import { exampleNotices } from './examples.ts';
import { fieldsOf, readNode } from './json-schema.ts';
import { json, pageOf, table } from './markdown.ts';
import { rows, within } from './status-page.ts';

const changeTexts: Record<Change, string> = {
  next_action: 'HR has something else to do.',
  verdict: 'An evaluation was settled.',
  conflict: 'RiskOS has changed its decision about a settled evaluation; the verdict stays.',
  escalation: 'A deadline comes near, or has passed.',
  attention: 'RiskOS refuses, or keeps failing: a person has to act.',
  images: 'The archiving of the images of an evaluation could not be started.',
  closed: 'The funnel has closed; `outcome` says how.',
};

/** docs/notices.md. */
export async function renderNoticesPage(): Promise<string> {
  const root = readNode(jsonSchemaOf('notice'));
  const types = root.oneOf ?? [];
  const typeOf = (node: (typeof types)[number]) => String(node.properties?.['type']?.const);
  const images = types.find((node) => typeOf(node) === 'images.changed');
  return pageOf([
    '# Notice reference',
    'This page lists the bodies of the webhook notifications that an HR system receives at `NOTIFY_URL`. Read the [status reference](status.md) first: a notice carries a status. `npm run docs:notices` writes the page from `src/contract/status-schema.ts`.',
    'A notice is sent as [Standard Webhooks](https://www.standardwebhooks.com) defines: the headers `webhook-id`, `webhook-timestamp` and `webhook-signature`, and a JSON body. The same notice can arrive more than once, always with the same `webhook-id`; other content always has another one, so use that header to recognize repeats: the body has no id. The only personal data in a notice is the link in `nextAction`.',
    'A newer release may add types, fields and words: ignore what you do not know, and answer 2xx. The JSON Schema is printed by `candidate-funnel schema notice`; in the package it is `candidate-funnel/schemas/notice.json`.',
    table(
      ['type', 'sent when'],
      types.map((node) => [
        `[\`${typeOf(node)}\`](#${typeOf(node).replace('.', '')})`,
        node.description ?? '',
      ]),
    ),
    'Every notice has this field:',
    rows(
      root,
      fieldsOf(types[0] ?? {}, root).filter(({ path }) => path === 'timestamp'),
    ),
    '## `funnel.changed`',
    '`data` is the [status](status.md) at that time without `trouble`; of `verdicts` and `images` it has only what is new. `changes` says what is new:',
    table(
      ['change', 'meaning'],
      Object.entries(changeTexts).map(([change, text]) => [`\`${change}\``, text]),
    ),
    json(exampleNotices['funnel.changed']),
    '## `images.changed`',
    'It is sent by the workflow that manages the images of one evaluation, even after the funnel has closed: [Images](images.md). The fields of `data`:',
    rows(root, within(fieldsOf(images ?? {}, root), 'data.')),
    json(exampleNotices['images.changed']),
    '### Reasons',
    'Why images could not be fetched or stored (`failed`), and what to do. `trouble` has the same reasons, and also `held`: a hold of the storage itself (S3 Object Lock) forbids the deletion, and `not_in_archive_yet`: the archive has not yet answered to a hold or a release.',
    table(
      ['reason', 'what to do'],
      Object.entries(imagesFailures).map(([reason, { action }]) => [
        `\`${reason}\``,
        `${action.charAt(0).toUpperCase()}${action.slice(1)}.`,
      ]),
    ),
    'Why a ZIP was refused (`refused`); nothing was stored, and the images are still in RiskOS:',
    zipRefusals.map((reason) => `\`${reason}\``).join(', '),
    '## `notice.test`',
    'Sent by `candidate-funnel notices test`. Check the signature, answer 2xx and do nothing.',
    json(exampleNotices['notice.test']),
  ]);
}
