import { format, resolveConfig } from 'prettier';
import { type CommandError, commandErrors, exitCodes } from '../../src/cli/errors.ts';
import {
  type ImagesFailure,
  imagesFailures,
  imagesFailureTypes,
  isImagesFailure,
  noticeFailureTypes,
  type NoticeProblem,
  noticeProblemWords,
  type Refusal,
  refusals,
  riskosFailureTypes,
} from '../../src/contract/index.ts';
import { noticeProblems } from '../../src/notifier/errors.ts';
import {
  meaningOf as relayMeaningOf,
  type Refusal as RelayRefusal,
  refusals as relayRefusals,
} from '../../src/relay/refusals.ts';
import { type RiskosProblem, riskosProblems } from '../../src/riskos/index.ts';
import {
  commandTexts,
  failureTexts,
  imagesTexts,
  noticeStatuses,
  refusalTexts,
  riskosStatuses,
} from './texts.ts';

export const pagePath = new URL('../../docs/errors.md', import.meta.url);

export const exitCodeWords: Record<number, string> = {
  0: 'done',
  1: 'failed; also when `doctor`, `demo`, `check-riskos` or `notices test` found something wrong',
  2: 'wrong input or setting; also an unknown verb or option',
  3: 'no such funnel, or no such images',
  4: 'not possible now',
  5: 'Temporal, the worker or the storage is out of reach',
};

/** docs/errors.md, as prettier writes it. */
export async function renderPage(): Promise<string> {
  const page = [
    '# Errors',
    'This page lists every error, with what to do; nothing has to be read before it. Every error has a `type`: one word that programs can rely on. Its message is for people: one line that says what happened, to which application, and what to do; it never contains a candidate’s data or a secret. `npm run docs:errors` writes the page, and the tests produce each error that it names: `test/errors-page`, unless a section names others.',
    '## Exit codes of the command',
    table(
      ['exit code', 'means'],
      Object.entries(exitCodeWords).map(([code, words]) => [code, words]),
    ),
    'A verb with several ids ends with the highest of their codes.',
    '## What a funnel refuses',
    "`FunnelError` of the client, and the exit code of the command. A start in plain JSON with Temporal's own client fails with the same types: `InvalidApplication` and `Forgotten` as the failure of the workflow, the others as that of the update.",
    table(['type', 'exit code', 'when', 'what to do'], refusals.map(refusalRow)),
    '## What else ends a command',
    table(['type', 'exit code', 'when', 'what to do'], commandErrors.map(commandRow)),
    '## What can go wrong with RiskOS',
    '`RiskosError` of `candidate-funnel/riskos`. A funnel never ends because of one: it reads again, waits, or stops for an operator and shows the type. HTTP is the status of the answer that leads to it.',
    table(['type', 'HTTP', 'when', 'what to do'], riskosTypes.map(riskosRow)),
    '## What the relay refuses',
    'The `reason` of its log lines and of `candidate_funnel_webhook_refusals_total`. RiskOS sends again after 408, 429 and 503; `–` is a connection that is closed without an answer. [webhooks.md](webhooks.md) says what leads to each; `test/relay/webhooks-doc.test.ts` and `test/relay/deliver.test.ts` produce them.',
    table(['reason', 'HTTP', 'when', 'what to do'], relayReasons.map(relayRow)),
    '## What can go wrong with a notice',
    'The `reason` of a notice that was not accepted, in log, timeline and `notices test`, which then ends with 1. HTTP is the status of the answer. Retried ones are sent again for three days. `test/notifier/answers.test.ts` produces each.',
    table(['reason', 'HTTP', 'retried', 'when', 'what to do'], noticeProblemWords.map(noticeRow)),
    '## Why images are not archived',
    'The `reason` of the result `failed`. A final one ends the fetching at once; an operator has to fix the cause first; what is retried ends after `policy.images.giveUpAfter`. The reasons of `refused` are those of a ZIP, and `test/archive/hostile-zip.test.ts` produces them; `test/archive/fetch.test.ts` and `test/simulation` produce these.',
    table(['reason', 'handling', 'when', 'what to do'], imagesWords.map(imagesRow)),
    '## Failed activities in Temporal',
    'The types of the failures of activities, for those who read events in the Temporal UI. None of them fails a workflow. `test/unit/evaluation-failures.test.ts`, `test/unit/notify-failures.test.ts` and `test/archive/fetch.test.ts` produce them.',
    table(['type', 'when', 'what to do'], failureTypes.map(failureRow)),
  ];
  return format(page.join('\n\n'), {
    ...(await resolveConfig(new URL(import.meta.url))),
    parser: 'markdown',
  });
}

const relayReasons = Object.keys(relayRefusals).filter(isRelayReason);

function isRelayReason(word: string): word is RelayRefusal {
  return Object.hasOwn(relayRefusals, word);
}

function relayRow(reason: RelayRefusal): string[] {
  const { status, what, remedy } = relayMeaningOf(reason);
  return [`\`${reason}\``, status === 0 ? '–' : String(status), what, remedy];
}

function noticeRow(reason: NoticeProblem): string[] {
  const { what, retryable, action } = noticeProblems[reason];
  return [`\`${reason}\``, noticeStatuses[reason], retryable ? 'yes' : 'no', what, action];
}

const imagesWords = Object.keys(imagesFailures).filter(isImagesFailure);

function imagesRow(reason: ImagesFailure): string[] {
  const { handling, action } = imagesFailures[reason];
  return [`\`${reason}\``, handling, imagesTexts[reason], action];
}

const failureTypes = [...riskosFailureTypes, ...noticeFailureTypes, ...imagesFailureTypes];

function failureRow(type: (typeof failureTypes)[number]): string[] {
  const { when, remedy } = failureTexts[type];
  return [`\`${type}\``, when, remedy];
}

export const riskosTypes = Object.keys(riskosProblems).filter(isProblem);

function isProblem(name: string): name is RiskosProblem {
  return name in riskosProblems;
}

function refusalRow(type: Refusal): string[] {
  const { when, remedy } = refusalTexts[type];
  return [`\`${type}\``, String(exitCodes[type]), when, remedy];
}

function commandRow(type: CommandError): string[] {
  const { when, remedy } = commandTexts[type];
  return [`\`${type}\``, String(exitCodes[type]), when, remedy];
}

function riskosRow(type: RiskosProblem): string[] {
  const { what, action } = riskosProblems[type];
  return [`\`${type}\``, riskosStatuses[type], what, action];
}

function table(head: string[], rows: string[][]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
