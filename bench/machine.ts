import { execFileSync } from 'node:child_process';
import { cpus } from 'node:os';

/** On what was measured, in one line. */
export function machine(temporalBinary: string): string {
  const temporal = execFileSync(temporalBinary, ['--version'], { encoding: 'utf8' }).trim();
  return `${processor()}, ${temporal}`;
}

export function processor(): string {
  return `${cpus().length} cores (${cpus()[0]?.model ?? 'unknown'}), Node ${process.version}`;
}
