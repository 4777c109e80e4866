import { type Environment, temporalConfig, valueOf } from '../../client/settings.ts';
import { policySettings, relaySettings, workerSettings } from '../../config.ts';
import { type Finding, fault, ok, textOf } from './finding.ts';

const names = [
  ...Object.keys(workerSettings.shape),
  ...Object.keys(relaySettings.shape),
  ...Object.keys(policySettings.shape),
];
const temporalNames = ['TEMPORAL_ADDRESS', 'TEMPORAL_NAMESPACE'];
const prefixes = /^(RISKOS|ARCHIVE|RELAY|NOTIFY|FUNNEL|METRICS|PAYLOAD|KEY_STORE)_/;

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
    ...temporalFile(environment),
  ];
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
      ...(config.connectionOptions.address &&
      !environment['TEMPORAL_ADDRESS'] &&
      !environment['TEMPORAL_ADDRESS_FILE']
        ? ['address']
        : []),
      ...(config.namespace && !environment['TEMPORAL_NAMESPACE'] && !environment['TEMPORAL_NAMESPACE_FILE']
        ? ['namespace']
        : []),
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
