import { createLogUpdate } from 'log-update';
import colors from 'picocolors';
import { inWords } from '../../contract/index.ts';
import { cameOf, imagesOf, type Progress } from './play.ts';
import type { Expected } from './scenarios.ts';

export interface Display {
  show(progress: Progress): void;
  done(): void;
}

/** A table that redraws on a terminal, one line a change elsewhere; in the end, what was expected and what came. */
export function display(names: string[]): Display {
  return process.stdout.isTTY ? redrawn(names) : lines();
}

/** One line for the final result of a candidate. */
export function jsonLine({ scenario, applicationId, status, asExpected }: Progress): string {
  const verdicts = (status?.verdicts ?? []).map(({ stage, attempt, verdict }) => ({
    stage,
    attempt,
    verdict,
  }));
  return JSON.stringify({
    scenario: scenario.name,
    applicationId,
    stage: status?.stage ?? null,
    outcome: status?.outcome ?? null,
    verdicts,
    images: imagesOf(status),
    asExpected: asExpected === true,
  });
}

/** For each candidate two lines to compare. */
export function comparison(results: Progress[]): string {
  return results
    .flatMap(({ scenario, status, asExpected, difference }) => [
      `${mark(status, asExpected)} ${colors.bold(scenario.name)}: ${scenario.about}`,
      `    expected  ${summary(scenario.expected)}`,
      `    came      ${status ? summary(cameOf(status)) : 'nothing'}${verdictOn(asExpected, difference)}`,
    ])
    .join('\n');
}

function redrawn(names: string[]): Display {
  const draw = createLogUpdate(process.stdout);
  const rows = new Map<string, Progress | undefined>(names.map((name) => [name, undefined]));
  const redraw = () => draw([...rows].map(([name, progress]) => row(name, progress)).join('\n'));
  redraw();
  return {
    show: (progress) => {
      rows.set(progress.scenario.name, progress);
      redraw();
    },
    done: () => draw.done(),
  };
}

function lines(): Display {
  const said = new Set<string>();
  return {
    show: (progress) => {
      const line = row(progress.scenario.name, progress).trimEnd();
      if (said.has(line)) return;
      said.add(line);
      process.stdout.write(`${line}\n`);
    },
    done: () => {},
  };
}

function row(name: string, progress: Progress | undefined): string {
  const standing = progress?.status ? standingOf(cameOf(progress.status)) : 'starting';
  const verdicts = progress?.status?.verdicts.map(({ verdict }) => verdict).join(' → ') ?? '';
  const text = `${name.padEnd(23)} ${standing.padEnd(27)} ${verdicts}`;
  return `${mark(progress?.status, progress?.asExpected)} ${text.slice(0, (process.stdout.columns || 200) - 3)}`;
}

/** How it went for the candidate: that a rejection was expected makes no success of it. */
function mark(status: Progress['status'], asExpected: boolean | undefined): string {
  if (asExpected === undefined) return colors.dim('·');
  if (!asExpected || !status) return colors.red('!');
  return status.stage === 'verified' ? colors.green('✓') : colors.yellow('–');
}

/** Whether the demo went as it should, in words. */
function verdictOn(asExpected: boolean | undefined, difference: string | undefined): string {
  if (asExpected) return colors.dim('  (as expected)');
  return difference ? colors.red(`  (not as expected: ${difference})`) : '';
}

/** `11 of 11 candidates ended as expected: 8 verified, 3 closed`. */
export function sumOf(results: Progress[]): string {
  const good = results.filter(({ asExpected }) => asExpected);
  const verified = good.filter(({ status }) => status?.stage === 'verified').length;
  const ended = `${good.length} of ${results.length} candidates ended as expected`;
  return good.length === 0
    ? ended
    : `${ended}: ${verified} verified, ${good.length - verified} closed without that`;
}

function standingOf({ stage, outcome }: Expected): string {
  return outcome ? `closed: ${inWords(outcome)}` : inWords(stage);
}

function summary(expected: Expected): string {
  const verdicts = expected.verdicts
    .map(([stage, , verdict]) => `${short[stage] ?? stage} ${verdict}`)
    .join(' → ');
  const { images } = expected;
  const archived =
    typeof images === 'number' ? `, ${images} images` : images === 'none' ? '' : `, images: ${images}`;
  return `${verdicts}; ${standingOf(expected)}${archived}`;
}

const short: Partial<Record<string, string>> = {
  passive_check: 'passive',
  document_verification: 'documents',
  selfie_reverification: 'selfie',
};
