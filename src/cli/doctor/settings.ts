import { type Environment, isSet, temporalConfig, valueOf } from '../../client/settings.ts';
import { z } from 'zod';
import { allSettings, networkSettings, readSettings } from '../../config.ts';
import { describeIssues, policy } from '../../contract/index.ts';
import { dispatcherOfSettings } from '../../network.ts';
import { parseReasonCodes } from '../../riskos/index.ts';
import { readJsonSync } from '../json-file.ts';
import { keyStoreOfSettings } from '../payload-keys.ts';
import { textOf } from '../errors.ts';
import { type Finding, fault, ok } from './finding.ts';

const names = Object.keys(allSettings);
const temporalNames = ['TEMPORAL_ADDRESS', 'TEMPORAL_NAMESPACE'];
const prefixes =
  /^(RISKOS|ARCHIVE|RELAY|NOTIFY|FUNNEL|METRICS|CODEC|KEY_STORE|PAYLOAD|WORKER_DEPLOYMENT|WORKER_BUILD)_/;

/** Which settings are set, from where, and which of ours nobody reads. */
export function lookAtSettings(environment: Environment): Finding[] {
  const own = new Set(Object.keys(environment).filter((name) => environment[name]));
  const temporal = [...own].filter((name) => name.startsWith('TEMPORAL_')).map(withoutFile);
  const known = new Set([...temporalNames, ...temporal, ...names]);
  const unknown = [...own].filter(
    (name) => prefixes.test(name) && !known.has(name) && !known.has(withoutFile(name)),
  );
  return [
    ...[...known].flatMap((name) => originOf(name, environment)),
    ...unknown.map((name) =>
      fault('settings', `${name} is set, and nothing reads it`, 'look for a misspelling, or unset it'),
    ),
    ...Object.entries(allSettings).flatMap(([name, schema]) => faultOf(name, schema, environment)),
    ...unusable(() => dispatcherOfSettings(environment)),
    ...unusable(() => keyStoreOfSettings(environment)?.close()),
    ...contentOf('FUNNEL_POLICY_FILE', environment, (content) => policy.parse(content)),
    ...contentOf('RISKOS_REASON_CODES_FILE', environment, parseReasonCodes),
    ...temporalFile(environment),
  ];
}

/** What is wrong with the value itself; what is missing depends on the process. */
function faultOf(name: string, schema: z.ZodType, environment: Environment): Finding[] {
  if (name in networkSettings.shape || !valueOf(name, environment).value) return [];
  return unusable(() => readSettings(z.object({ [name]: schema }), environment));
}

function unusable(use: () => unknown): Finding[] {
  try {
    use();
    return [];
  } catch (error) {
    return [fault('settings', textOf(error), 'correct that setting')];
  }
}

/** A file that is read when it is used, and not before. */
function contentOf(name: string, environment: Environment, use: (content: unknown) => unknown): Finding[] {
  const path = environment[name];
  if (!path) return [];
  try {
    use(readJsonSync(path));
    return [];
  } catch (error) {
    const reason = error instanceof z.ZodError ? describeIssues(error, 'the policy') : textOf(error);
    return [fault('settings', `${name}: ${reason}`, 'correct that file')];
  }
}

function originOf(name: string, environment: Environment): Finding[] {
  const { value, fault: wrong } = valueOf(name, environment);
  if (wrong !== undefined) return [fault('settings', wrong, 'give that setting in one readable place')];
  if (!value) return [];
  return [
    ok(
      'settings',
      `${name} is set, from ${environment[name] ? 'the environment' : `the file of ${name}_FILE`}`,
    ),
  ];
}

function temporalFile(environment: Environment): Finding[] {
  try {
    const config = temporalConfig(environment);
    const inFile = [
      ...(config.connectionOptions.address && !isSet('TEMPORAL_ADDRESS', environment) ? ['address'] : []),
      ...(config.namespace && !isSet('TEMPORAL_NAMESPACE', environment) ? ['namespace'] : []),
    ];
    if (inFile.length === 0) return [];
    return [ok('settings', `Temporal's ${inFile.join(' and ')} from Temporal's configuration file`)];
  } catch (error) {
    return [fault('settings', textOf(error), 'correct that setting')];
  }
}

function withoutFile(name: string): string {
  return name === 'TEMPORAL_CONFIG_FILE' ? name : name.replace(/_FILE$/, '');
}
