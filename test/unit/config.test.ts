import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readSettings, relaySettings, riskosSettings } from '../../src/config.ts';

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
});
