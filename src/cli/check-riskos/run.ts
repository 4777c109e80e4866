import { setTimeout } from 'node:timers/promises';
import { policySettings, readSettings } from '../../config.ts';
import { describeIssues, policy } from '../../contract/index.ts';
import { createLogger } from '../../logging.ts';
import { InputError } from '../errors.ts';
import { readJson } from '../json-file.ts';
import { riskosOptionsOfSettings } from '../riskos.ts';
import { checkRiskos } from './check.ts';
import { parseIdentities, type Verdicts } from './identities.ts';
import { reportOf } from './report.ts';
import type { CheckResult } from './results.ts';

export interface CheckRiskosOptions {
  identities: string;
  production?: boolean;
  json?: boolean;
}

/** Prints the results, and lets the process end with 1 when a check has failed. Throws `WrongSetting` or {@link InputError}. */
export async function runCheck({ identities: file, production, json }: CheckRiskosOptions): Promise<void> {
  const riskos = riskosOptionsOfSettings();
  if (riskos.environment === 'Production' && !production) {
    throw new InputError(
      'RISKOS_ENVIRONMENT is Production, where every check makes real evaluations; add --production if that is meant',
    );
  }
  const verdicts = await verdictsOfSettings();
  const identities = parseIdentities(await readJson(file), file, verdicts);
  // The refusals that are provoked would look like trouble; who asks for a log gets them.
  const logger = process.env['LOG_LEVEL'] ? { logger: createLogger('check-riskos') } : {};

  const results: CheckResult[] = [];
  for await (const result of checkRiskos({
    riskos: { ...riskos, ...logger },
    identities,
    verdicts,
    wait: setTimeout,
  })) {
    results.push(result);
    if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
  }
  if (!json) process.stdout.write(`${reportOf(results, process.stdout.isTTY)}\n`);
  if (results.some(({ result }) => result === 'failed')) process.exitCode = 1;
}

async function verdictsOfSettings(): Promise<Verdicts> {
  const { FUNNEL_POLICY_FILE: file } = readSettings(policySettings);
  if (file === undefined) return {};
  const parsed = policy.safeParse(await readJson(file));
  if (parsed.success) return parsed.data.verdicts;
  throw new InputError(`${file}: ${describeIssues(parsed.error)}`);
}
