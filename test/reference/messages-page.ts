import {
  imagesReport,
  imagesUpdates,
  type ImagesUpdateName,
  imagesWorkflowType,
  riskosEvent,
  riskosEventSignal,
  statusQuery,
  stages,
  timelineKinds,
  timelineQuery,
  type TimelineEntry,
  type UpdateName,
  updateNames,
  updates,
  workflowType,
} from '../../src/contract/index.ts';
import { z } from 'zod';
import { fieldsOf, readNode, typeInWords } from './json-schema.ts';
import { json, pageOf, table } from './markdown.ts';

/** The verb of the command that sends each update. */
export const verbs: Record<UpdateName, string> = {
  requestDocuments: 'documents',
  requestReverification: 'reverify',
  submitOneTimeCode: 'code',
  resendOneTimeCode: 'resend-code',
  provideInformation: 'information',
  requestPayrollSetup: 'payroll',
  review: 'review',
  readNow: 'read',
  correct: 'correct',
  retry: 'retry',
  withdraw: 'withdraw',
  complete: 'complete',
};

/** An argument of each update that has a required field; a test validates them. */
export const exampleArguments = {
  requestDocuments: { diSessionToken: 'session-token-of-the-candidates-browser', by: 'hr-system' },
  review: { verdict: 'accept', by: 'reviewer-7', reason: 'same person' },
  correct: { candidate: { phoneNumber: '+14155550142' }, by: 'operator-3' },
} as const;

const timelineFields: Record<keyof TimelineEntry, [type: string, text: string]> = {
  at: ['time, ISO 8601', 'When it happened.'],
  kind: [timelineKinds.map((kind) => `\`${kind}\``).join(', '), 'What the line is about.'],
  what: ['text', 'What happened, in one line without personal data.'],
  by: ['text', 'Who sent the update, if the sender says so.'],
  evaluationId: ['text', 'Of a line about a verdict: the evaluation.'],
  verdict: [
    'object',
    'Of the same line: the verdict with its audit details, as in `verdicts` of the [status](status.md).',
  ],
};

/** docs/messages.md. */
export async function renderMessagesPage(): Promise<string> {
  return pageOf([
    '# Messages',
    'This page lists every update, signal and query that a funnel and its retention workflows take, with their fields. Read [what a funnel does](funnel.md) first: it says what each message does in each state. `npm run docs:messages` writes the page from the schemas that check the messages (`src/contract/messages.ts`, `src/contract/images.ts`).',
    `A funnel is a Temporal workflow of the type \`${workflowType}\` with the id \`funnel-{applicationId}\`. The TypeScript client has a method for each update and query, the command a verb; any other Temporal client can send them by name:`,
    [
      '```sh',
      'temporal workflow update execute --workflow-id funnel-app-1042 --name requestDocuments \\',
      `  --input '${JSON.stringify(exampleArguments.requestDocuments)}'`,
      `temporal workflow query --workflow-id funnel-app-1042 --type ${statusQuery}`,
      '```',
    ].join('\n'),
    '## Updates',
    'Each takes one argument, an object, and answers with the new [status](status.md). A field that is missing or wrong is refused with `InvalidMessage`, and an update in another stage with `WrongStage`; neither changes anything, and [Errors](errors.md) says what to do.',
    table(
      ['update', 'verb', 'possible in', 'effect'],
      updateNames.map((name) => [
        `[\`${name}\`](#${name.toLowerCase()})`,
        `\`${verbs[name]}\``,
        stagesInWords(updates[name].stages),
        updates[name].schema.description ?? '',
      ]),
    ),
    ...updateNames.flatMap((name) => [
      `### \`${name}\``,
      updates[name].schema.description ?? '',
      fields(updates[name].schema),
      ...Object.entries(exampleArguments)
        .filter(([each]) => each === name)
        .map(([, example]) => json(example)),
    ]),
    '## Queries',
    'Queries take no argument and change nothing. They need a running worker, and work as long as Temporal retains the workflow.',
    table(
      ['query', 'verb', 'answer'],
      [
        [`\`${statusQuery}\``, '`status`', 'The [status](status.md).'],
        [`\`${timelineQuery}\``, '`timeline`', 'What happened so far: a list of the lines below.'],
      ],
    ),
    table(
      ['field of a line', 'type', 'meaning'],
      Object.entries(timelineFields).map(([name, [type, text]]) => [`\`${name}\``, type, text]),
    ),
    '## Signal',
    `\`${riskosEventSignal}\` is sent by the relay for each webhook of RiskOS. It makes the funnel read RiskOS and carries no decision. An HR system never sends it. If you write a relay of your own, send one object:`,
    fields(riskosEvent),
    '## Retention workflows',
    `A workflow of the type \`${imagesWorkflowType}\` manages the images of one evaluation, even after the funnel has closed: [Images](images.md). Its id is \`images-{evaluationId}\`. The TypeScript client reaches it with \`images()\`, the command with \`images\`.`,
    table(
      ['update', 'verb', 'effect'],
      imagesUpdateNames().map((name) => [
        `\`${name}\``,
        `\`images ${name}\``,
        imagesUpdates[name].description ?? '',
      ]),
    ),
    ...imagesUpdateNames().flatMap((name) => [`### \`images ${name}\``, fields(imagesUpdates[name])]),
    `### Queries and signal`,
    `The queries \`${statusQuery}\` and \`${timelineQuery}\` work as for a funnel; \`${statusQuery}\` returns the status that the notice \`images.changed\` has. A funnel that missed the result sends the signal \`${imagesReport}\` to get it again.`,
  ]);
}

function imagesUpdateNames(): ImagesUpdateName[] {
  const found: ImagesUpdateName[] = [];
  for (const name in imagesUpdates) if (isImagesUpdate(name)) found.push(name);
  return found;
}

function isImagesUpdate(name: string): name is ImagesUpdateName {
  return name in imagesUpdates;
}

function stagesInWords(possible: readonly string[]): string {
  const open = stages.filter((stage) => stage !== 'closed');
  if (open.every((stage) => possible.includes(stage))) return 'any but `closed`';
  return possible.map((stage) => `\`${stage}\``).join(', ');
}

/** Of an object inside only the first level: its own fields are those of the application. */
function fields(schema: z.ZodType): string {
  const root = readNode(z.toJSONSchema(schema, { io: 'input' }));
  const rows = fieldsOf(root)
    .filter(({ path }) => !path.includes('.'))
    .map(({ path, node, required }) => [
      `\`${path}\``,
      typeInWords(node, root),
      required ? 'yes' : 'no',
      node.description ?? '',
    ]);
  return table(['field', 'type', 'required', 'meaning'], rows);
}
