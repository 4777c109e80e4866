import { format, resolveConfig } from 'prettier';
import { type CommandError, commandErrors, exitCodes } from '../../src/cli/errors.ts';
import { type Refusal, refusals } from '../../src/contract/index.ts';
import { type RiskosProblem, riskosProblems } from '../../src/riskos/index.ts';
import { commandTexts, refusalTexts, riskosStatuses } from './texts.ts';

export const pagePath = new URL('../../docs/errors.md', import.meta.url);

/** docs/errors.md, as prettier writes it. */
export async function renderPage(): Promise<string> {
  const page = [
    '# Errors',
    'This page lists every error of the command, the client and the RiskOS client, with what to do; nothing has to be read before it. Every error has a `type`: one word that programs can rely on. Its message is for people: one line that says what happened, to which application, and what to do; it never contains a candidate’s data or a secret. `npm run docs:errors` writes the page, and `test/errors-page` produces each error that it names.',
    '## Exit codes of the command',
    table(
      ['exit code', 'means'],
      [
        ['0', 'done'],
        ['1', 'failed; also when `doctor`, `demo` or `check-riskos` found something wrong'],
        ['2', 'wrong input or setting; also an unknown verb or option'],
        ['3', 'no such funnel, or no such images'],
        ['4', 'not possible now'],
        ['5', 'Temporal, the worker or the storage is out of reach'],
      ],
    ),
    'A verb with several ids ends with the highest of their codes.',
    '## What a funnel refuses',
    "`FunnelError` of the client, and the exit code of the command. A start in plain JSON with Temporal's own client fails with the same types: `InvalidApplication` as the failure of the workflow, the others as that of the update.",
    table(['type', 'exit code', 'when', 'what to do'], refusals.map(refusalRow)),
    '## What else ends a command',
    table(['type', 'exit code', 'when', 'what to do'], commandErrors.map(commandRow)),
    '## What can go wrong with RiskOS',
    '`RiskosError` of `candidate-funnel/riskos`. A funnel never ends because of one: it reads again, waits, or asks for attention with these words. HTTP is the status of the answer of RiskOS that leads to it.',
    table(['type', 'HTTP', 'when', 'what to do'], riskosTypes.map(riskosRow)),
  ];
  return format(page.join('\n\n'), {
    ...(await resolveConfig(new URL(import.meta.url))),
    parser: 'markdown',
  });
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
