import Table from 'cli-table3';
import { createColors } from 'picocolors';
import type { CheckResult } from './results.ts';

/** A table for people, and a line for each failure; without borders and colours where nobody looks. */
export function reportOf(results: CheckResult[], terminal: boolean): string {
  const colors = createColors(terminal);
  const inColor = { ok: colors.green, failed: colors.red, skipped: colors.dim };
  const table = new Table({
    head: ['check', 'expected', 'came', 'result'],
    ...(terminal
      ? { style: { head: [], compact: true } }
      : {
          style: { head: [], border: [], compact: true, 'padding-left': 0, 'padding-right': 2 },
          chars: noBorders,
        }),
  });
  for (const { check, expected, came, result } of results) {
    table.push([check, expected, came, inColor[result](result)]);
  }
  const failures = results.flatMap(({ check, remedy }) =>
    remedy === undefined ? [] : [`${check}: ${remedy}`],
  );
  return [table.toString(), ...(failures.length > 0 ? ['', ...failures] : []), '', sumOf(results)]
    .map((line) => line.replace(/ +$/gm, ''))
    .join('\n');
}

function sumOf(results: CheckResult[]): string {
  return (['ok', 'failed', 'skipped'] as const)
    .map((word) => `${results.filter(({ result }) => result === word).length} ${word}`)
    .join(', ');
}

const noBorders = Object.fromEntries(
  ['top', 'bottom', 'left', 'right', 'mid']
    .flatMap((side) => [side, `${side}-mid`, `${side}-left`, `${side}-right`])
    .concat('middle')
    .map((part) => [part, '']),
);
