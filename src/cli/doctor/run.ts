import colors from 'picocolors';
import { lookAtClock } from './clock.ts';
import { lookAtCodecServer } from './codec-server.ts';
import type { Finding } from './finding.ts';
import { lookAtKeyStore } from './key-store.ts';
import { lookAtArchive, lookAtReceiver, lookAtRiskos, lookAtWorkerSettings } from './others.ts';
import { lookAtRelay, pingRelay } from './relay.ts';
import { lookAtSettings } from './settings.ts';
import { lookAtTemporal } from './temporal.ts';
import { lookAtVersions } from './versions.ts';

export interface DoctorInput {
  json?: boolean;
  /** The relay's public address. */
  relay?: string;
  /** The origin of a Temporal UI. */
  ui?: string;
}

/** Prints what was found; the exit code is 1 when anything is wrong. */
export async function runDoctor({ json, relay, ui }: DoctorInput): Promise<void> {
  const findings = [lookAtVersions(), ...lookAtSettings(process.env)];
  const found = await Promise.all([
    lookAtTemporal(),
    lookAtRiskos(),
    lookAtClock(),
    lookAtRelay(),
    pingRelay(relay),
    lookAtReceiver(),
    lookAtArchive(),
    lookAtKeyStore(),
    lookAtCodecServer(ui),
    lookAtWorkerSettings(),
  ]);
  findings.push(...found.flat());
  const lines = json ? findings.map((finding) => JSON.stringify(finding)) : reportOf(findings);
  process.stdout.write(`${lines.join('\n')}\n`);
  if (findings.some(({ result }) => result === 'fault')) process.exitCode = 1;
}

function reportOf(findings: Finding[]): string[] {
  const count = (wanted: Finding['result']) => findings.filter(({ result }) => result === wanted).length;
  const [faults, warnings] = [count('fault'), count('warning')];
  const warned = warnings === 0 ? '' : `, ${warnings} ${warnings === 1 ? 'warning' : 'warnings'}`;
  return [
    ...findings.map(
      ({ about, result, says, remedy }) =>
        `${marks[result]} ${about.padEnd(18)} ${says}${remedy === null ? '' : `\n${' '.repeat(21)}→ ${remedy}`}`,
    ),
    '',
    `${faults === 0 ? 'nothing is wrong' : `${faults} ${faults === 1 ? 'thing is' : 'things are'} wrong`}${warned}`,
  ];
}

const marks: Record<Finding['result'], string> = {
  ok: colors.green('✓'),
  warning: colors.yellow('!'),
  fault: colors.red('✗'),
  skipped: colors.dim('–'),
};
