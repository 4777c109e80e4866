import colors from 'picocolors';
import type { Finding } from './finding.ts';
import { lookAtArchive, lookAtReceiver, lookAtRelay, lookAtRiskos } from './others.ts';
import { lookAtSettings } from './settings.ts';
import { lookAtTemporal } from './temporal.ts';

/** Prints what was found; the exit code is 1 when anything is wrong. */
export async function runDoctor({ json }: { json?: boolean }): Promise<void> {
  const findings = [...lookAtSettings(process.env)];
  const found = await Promise.all([
    lookAtTemporal(),
    lookAtRiskos(),
    lookAtRelay(),
    lookAtReceiver(),
    lookAtArchive(),
  ]);
  findings.push(...found.flat());
  const lines = json ? findings.map((finding) => JSON.stringify(finding)) : reportOf(findings);
  process.stdout.write(`${lines.join('\n')}\n`);
  if (findings.some(({ result }) => result === 'fault')) process.exitCode = 1;
}

function reportOf(findings: Finding[]): string[] {
  const faults = findings.filter(({ result }) => result === 'fault').length;
  return [
    ...findings.map(
      ({ about, result, says, remedy }) =>
        `${marks[result]} ${about.padEnd(18)} ${says}${remedy === null ? '' : `\n${' '.repeat(21)}→ ${remedy}`}`,
    ),
    '',
    faults === 0 ? 'nothing is wrong' : `${faults} ${faults === 1 ? 'thing is' : 'things are'} wrong`,
  ];
}

const marks: Record<Finding['result'], string> = {
  ok: colors.green('✓'),
  fault: colors.red('✗'),
  skipped: colors.dim('–'),
};
