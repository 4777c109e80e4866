import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { temporalConfig, temporalEnvironment } from '../../src/client/settings.ts';
import {
  archiveSettings,
  metricsSettings,
  notifySettings,
  readSettings,
  relaySettings,
  riskosSettings,
  workerSettings,
} from '../../src/config.ts';

const folder = mkdtempSync(join(tmpdir(), 'candidate-funnel-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const riskos = {
  RISKOS_BASE_URL: 'https://riskos.example',
  RISKOS_API_KEY: 'key-of-the-test',
  RISKOS_ENVIRONMENT: 'Sandbox',
};

describe('settings', () => {
  test('have defaults for what need not be set', () => {
    expect(readSettings(riskosSettings, riskos)).toMatchObject({
      RISKOS_API_VERSION: '2025-01-01.orion',
      RISKOS_WORKFLOW: 'workforce_verification',
      RISKOS_REQUESTS_PER_SECOND: 10,
    });
  });

  test.each(['http://127.0.0.1:8090', 'http://localhost:1', 'http://emulator:8090'])(
    'take plain HTTP from the emulator only: %s',
    (RISKOS_BASE_URL) => {
      expect(readSettings(riskosSettings, { ...riskos, RISKOS_BASE_URL })).toMatchObject({ RISKOS_BASE_URL });
    },
  );

  test('can come as a file, whose last line break does not count', () => {
    const file = join(folder, 'key');
    writeFileSync(file, 'key-from-a-file\n');
    const { RISKOS_API_KEY } = readSettings(riskosSettings, {
      ...riskos,
      RISKOS_API_KEY: undefined,
      RISKOS_API_KEY_FILE: file,
    });
    expect(RISKOS_API_KEY).toBe('key-from-a-file');
  });

  test('are lists where several make sense', () => {
    const tokens = ['first-token-of-them', 'second-token-of-them'];
    const { RELAY_BEARER_TOKENS } = readSettings(relaySettings, { RELAY_BEARER_TOKENS: tokens.join(', ') });
    expect(RELAY_BEARER_TOKENS).toEqual(tokens);
  });

  test.each<[string, Record<string, string>]>([
    ['RISKOS_BASE_URL', { ...riskos, RISKOS_BASE_URL: 'riskos.example' }],
    ['RISKOS_BASE_URL', { ...riskos, RISKOS_BASE_URL: 'http://riskos.example' }],
    ['RISKOS_API_KEY', { ...riskos, RISKOS_API_KEY: 'Bearer key' }],
    ['RISKOS_ENVIRONMENT', { ...riskos, RISKOS_ENVIRONMENT: 'staging' }],
    ['RISKOS_REQUESTS_PER_SECOND', { ...riskos, RISKOS_REQUESTS_PER_SECOND: 'many' }],
    ['RISKOS_API_KEY_FILE', { RISKOS_BASE_URL: riskos.RISKOS_BASE_URL, RISKOS_API_KEY_FILE: '/nowhere/key' }],
  ])('that are wrong are refused by name and without their value: %s', (name, environment) => {
    expect(() => readSettings(riskosSettings, environment)).toThrow(
      expect.objectContaining({ type: 'WrongSetting', message: expect.stringContaining(name) }),
    );
    expect(() => readSettings(riskosSettings, environment)).not.toThrow(
      expect.objectContaining({ message: expect.stringContaining(environment[name] ?? 'key') }),
    );
  });

  test('that are wrong or missing are all named at once', () => {
    const read = () =>
      readSettings(workerSettings, {
        RISKOS_API_KEY: '"quoted"',
        RISKOS_ENVIRONMENT: 'staging',
        NOTIFY_URL: 'https://hr.example/',
        ARCHIVE_RECIPIENTS_FILE: '/nowhere/recipients',
      });
    expect(read).toThrow(
      expect.objectContaining({
        type: 'WrongSetting',
        message: [
          'ARCHIVE_RECIPIENTS_FILE names a file that cannot be read (there is no such file)',
          'RISKOS_BASE_URL is not set, and is needed here',
          'RISKOS_API_KEY must be the key alone, without quotes around it',
          'RISKOS_ENVIRONMENT must be one of "Sandbox", "Production"',
          'ARCHIVE_URL is not set, and is needed here',
          'NOTIFY_SECRETS (or NOTIFY_SECRETS_FILE) is needed with NOTIFY_URL',
          ...['KEY_STORE_URL', 'PAYLOAD_RECIPIENTS', 'PAYLOAD_IDENTITY (or PAYLOAD_IDENTITY_FILE)'].map(
            (name) =>
              `${name} is not set, and is needed to encrypt what Temporal stores (PAYLOAD_ENCRYPTION=off switches that off)`,
          ),
        ].join('; '),
      }),
    );
  });

  const whsec = `whsec_${'A'.repeat(32)}`;
  const canary = 'CANARY-4711';
  test.each<[RegExp, () => unknown]>([
    [
      /^NOTIFY_URL must not have a user or a password/,
      () =>
        readSettings(notifySettings, {
          NOTIFY_URL: `https://hr:${canary}@hr.example/`,
          NOTIFY_SECRETS: whsec,
        }),
    ],
    [
      /^NOTIFY_SECRETS \(or NOTIFY_SECRETS_FILE\) is needed with NOTIFY_URL$/,
      () => readSettings(notifySettings, { NOTIFY_URL: 'https://hr.example' }),
    ],
    [/^NOTIFY_URL must be an http/, () => readSettings(notifySettings, { NOTIFY_URL: `ftp://${canary}/` })],
    [
      /^RISKOS_BASE_URL must be an address without path/,
      () =>
        readSettings(riskosSettings, { ...riskos, RISKOS_BASE_URL: `https://riskos.example/api/${canary}` }),
    ],
    [
      /^RISKOS_BASE_URL must not have a user/,
      () => readSettings(riskosSettings, { ...riskos, RISKOS_BASE_URL: `https://${canary}@riskos.example` }),
    ],
    [
      /^RISKOS_API_KEY must be the key alone, in ASCII/,
      () => readSettings(riskosSettings, { ...riskos, RISKOS_API_KEY: `${canary}\u00e9` }),
    ],
    [
      /^RISKOS_REQUESTS_PER_SECOND must be a number/,
      () => readSettings(riskosSettings, { ...riskos, RISKOS_REQUESTS_PER_SECOND: '0' }),
    ],
    [
      /^RISKOS_WORKFLOW must not be empty/,
      () => readSettings(riskosSettings, { ...riskos, RISKOS_WORKFLOW: ' ' }),
    ],
    [
      /^ARCHIVE_URL has the path of a Windows machine/,
      () =>
        readSettings(archiveSettings, { ARCHIVE_URL: `file:///C:/${canary}`, ARCHIVE_RECIPIENTS: 'age1' }),
    ],
    [
      /^ARCHIVE_URL has the path of a Windows machine/,
      () => readSettings(archiveSettings, { ARCHIVE_URL: `C:\\${canary}`, ARCHIVE_RECIPIENTS: 'age1' }),
    ],
    [
      /^ARCHIVE_URL must have three slashes/,
      () =>
        readSettings(archiveSettings, { ARCHIVE_URL: `file://${canary}/images`, ARCHIVE_RECIPIENTS: 'age1' }),
    ],
    [/^METRICS_ADDRESS must be host:port/, () => readSettings(metricsSettings, { METRICS_ADDRESS: canary })],
    [
      /^RELAY_PORT must be a port number/,
      () => readSettings(relaySettings, { RELAY_PORT: '0x50', RELAY_BEARER_TOKENS: 'x'.repeat(16) }),
    ],
    [
      /^RELAY_PORT must be a port number/,
      () => readSettings(relaySettings, { RELAY_PORT: '99999', RELAY_BEARER_TOKENS: 'x'.repeat(16) }),
    ],
  ])('that cannot work are refused at the start: %s', (message, read) => {
    expect(read).toThrow(
      expect.objectContaining({ type: 'WrongSetting', message: expect.stringMatching(message) }),
    );
    expect(read).not.toThrow(expect.objectContaining({ message: expect.stringContaining(canary) }));
  });
});

test.each(['', ' \n', '\ufeff\r\n'])('a file of a setting that is empty (%j) is named as such', (content) => {
  const path = join(folder, 'empty');
  writeFileSync(path, content);
  const environment = { ...riskos, ARCHIVE_URL: 'file:///a', ARCHIVE_RECIPIENTS: 'age1x' };
  const keys = { KEY_STORE_URL: 'file:///k', PAYLOAD_RECIPIENTS: 'age1x', PAYLOAD_IDENTITY_FILE: path };
  expect(() => readSettings(workerSettings, { ...environment, ...keys })).toThrow(
    expect.objectContaining({ message: 'PAYLOAD_IDENTITY_FILE names a file that is empty' }),
  );
  const { RISKOS_API_KEY: _key, ...rest } = riskos;
  expect(() => readSettings(riskosSettings, { ...rest, RISKOS_API_KEY_FILE: path })).toThrow(
    expect.objectContaining({ message: 'RISKOS_API_KEY_FILE names a file that is empty' }),
  );
  expect(() => temporalEnvironment({ TEMPORAL_API_KEY_FILE: path })).toThrow(
    expect.objectContaining({ message: 'TEMPORAL_API_KEY_FILE names a file that is empty' }),
  );
});

describe('Temporal’s own settings', () => {
  const file = (content: string) => {
    const path = join(folder, `setting-${Math.random()}`);
    writeFileSync(path, content);
    return path;
  };

  test('can come as files too', () => {
    const config = temporalConfig({
      TEMPORAL_ADDRESS_FILE: file('\ufefftemporal.example:7233\r\n'),
      TEMPORAL_NAMESPACE_FILE: file('hiring'),
      TEMPORAL_API_KEY_FILE: file('key-of-temporal\n'),
    });
    expect(config).toMatchObject({
      connectionOptions: { address: 'temporal.example:7233', apiKey: 'key-of-temporal' },
      namespace: 'hiring',
    });
  });

  test('in the configuration file hold where the environment says nothing, or an empty text', () => {
    const TEMPORAL_CONFIG_FILE = file('[profile.default]\naddress = "from-the-file:7233"\n');
    expect(temporalConfig({ TEMPORAL_CONFIG_FILE }).connectionOptions.address).toBe('from-the-file:7233');
    expect(temporalConfig({ TEMPORAL_CONFIG_FILE, TEMPORAL_ADDRESS: '' }).connectionOptions.address).toBe(
      'from-the-file:7233',
    );
  });

  test.each<[RegExp, Record<string, string>]>([
    [
      /^TEMPORAL_ADDRESS_FILE names a file that cannot be read/,
      { TEMPORAL_ADDRESS_FILE: '/nowhere/address' },
    ],
    [
      /^TEMPORAL_CONFIG_FILE names a file that cannot be read/,
      { TEMPORAL_CONFIG_FILE: '/nowhere/config.toml' },
    ],
    [
      /^TEMPORAL_TLS_CLIENT_CERT_PATH names a file that cannot be read \(there is no such file\); TEMPORAL_TLS_CLIENT_KEY_PATH names/,
      { TEMPORAL_TLS_CLIENT_CERT_PATH: '/nowhere/cert', TEMPORAL_TLS_CLIENT_KEY_PATH: '/nowhere/key' },
    ],
    [
      /^TEMPORAL_ADDRESS and TEMPORAL_ADDRESS_FILE are both set/,
      { TEMPORAL_ADDRESS: 'a:1', TEMPORAL_ADDRESS_FILE: '/nowhere' },
    ],
  ])('that name no readable file are refused by name: %s', (message, environment) => {
    expect(() => temporalEnvironment(environment)).toThrow(
      expect.objectContaining({ type: 'WrongSetting', message: expect.stringMatching(message) }),
    );
  });

  test('that name files without a certificate, a key, a profile or TOML are refused by name', () => {
    const TEMPORAL_CONFIG_FILE = file('[profile.default]\n');
    for (const [environment, name] of [
      [
        { TEMPORAL_TLS_SERVER_CA_CERT_PATH: file('no PEM') },
        /^TEMPORAL_TLS_SERVER_CA_CERT_PATH .* no certificate/,
      ],
      [{ TEMPORAL_TLS_CLIENT_KEY_PATH: file('no PEM') }, /^TEMPORAL_TLS_CLIENT_KEY_PATH .* no private key/],
      [{ TEMPORAL_CONFIG_FILE, TEMPORAL_PROFILE: 'other' }, /^TEMPORAL_PROFILE names a profile/],
      [{ TEMPORAL_CONFIG_FILE: file('= no TOML') }, /^TEMPORAL_CONFIG_FILE cannot be used/],
    ] as const) {
      expect(() => temporalConfig(environment)).toThrow(
        expect.objectContaining({ type: 'WrongSetting', message: expect.stringMatching(name) }),
      );
    }
  });
});
