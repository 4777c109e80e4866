import { describe, expect, test } from 'vitest';
import { codecServerSettings, readSettings } from '../../src/config.ts';

const keys = {
  KEY_STORE_URL: 'file:///keys',
  PAYLOAD_RECIPIENTS: 'age1x',
  PAYLOAD_IDENTITY: 'AGE-SECRET-KEY-1X',
};
const jwt = {
  ...keys,
  CODEC_JWKS_URL: 'https://issuer.example/keys',
  CODEC_ISSUER: 'https://issuer.example/',
  CODEC_AUDIENCE: 'codec',
};

describe('settings', () => {
  test('have defaults for what need not be set', () => {
    expect(readSettings(codecServerSettings, jwt)).toMatchObject({
      CODEC_HOST: '127.0.0.1',
      CODEC_PORT: 8081,
      CODEC_AUTH: 'jwt',
      CODEC_AUDIENCE: ['codec'],
      CODEC_ALGORITHMS: ['RS256', 'ES256'],
      CODEC_ROLES_CLAIM: 'roles',
      CODEC_ROLES_ALL: ['codec-all'],
      CODEC_ROLES_STATUS: ['codec-status'],
      CODEC_ORIGINS: [],
    });
  });

  test('without authentication it does not start, unless that is plainly said, on this machine', () => {
    expect(() => readSettings(codecServerSettings, keys)).toThrow(
      /CODEC_JWKS_URL is needed.*CODEC_ISSUER is needed.*CODEC_AUDIENCE is needed/,
    );
    for (const CODEC_HOST of ['127.0.0.1', '::1', 'localhost'])
      expect(readSettings(codecServerSettings, { ...keys, CODEC_AUTH: 'off', CODEC_HOST })).toMatchObject({
        CODEC_HOST,
      });
  });

  test.each<[string, Record<string, string>]>([
    ['CODEC_AUTH', { ...keys, CODEC_AUTH: 'none' }],
    ['CODEC_HOST', { ...keys, CODEC_AUTH: 'off', CODEC_HOST: '0.0.0.0' }],
    ['CODEC_HOST', { ...keys, CODEC_AUTH: 'off', CODEC_HOST: '::' }],
    ['CODEC_HOST', { ...keys, CODEC_AUTH: 'off', CODEC_HOST: '127.0.0.1.example.com' }],
    ['CODEC_ISSUER', { ...keys, CODEC_AUTH: 'off', CODEC_ISSUER: 'https://issuer.example/' }],
    ['KEY_STORE_URL', { ...jwt, KEY_STORE_URL: '' }],
    ['PAYLOAD_IDENTITY', { ...jwt, PAYLOAD_IDENTITY: '' }],
    ['CODEC_AUDIENCE', { ...jwt, CODEC_AUDIENCE: ' , ' }],
    ['CODEC_JWKS_URL', { ...jwt, CODEC_JWKS_URL: 'http://issuer.example/keys' }],
    ['CODEC_ALGORITHMS', { ...jwt, CODEC_ALGORITHMS: 'HS256' }],
    ['CODEC_ALGORITHMS', { ...jwt, CODEC_ALGORITHMS: 'none' }],
    ['CODEC_ORIGINS', { ...jwt, CODEC_ORIGINS: '*' }],
    ['CODEC_ORIGINS', { ...jwt, CODEC_ORIGINS: 'null' }],
    ['CODEC_ORIGINS', { ...jwt, CODEC_ORIGINS: 'temporal.example' }],
    ['CODEC_ORIGINS', { ...jwt, CODEC_ORIGINS: 'https://temporal.example/' }],
    ['CODEC_ORIGINS', { ...jwt, CODEC_ORIGINS: 'https://ui.example,http://temporal.example' }],
    ['CODEC_TRUSTED_PROXIES', { ...jwt, CODEC_TRUSTED_PROXIES: '0.0.0.0/0' }],
    ['CODEC_PORT', { ...jwt, CODEC_PORT: '80810' }],
    ['CODEC_REQUESTS_PER_SECOND', { ...jwt, CODEC_REQUESTS_PER_SECOND: '0' }],
  ])('that cannot work are refused by name: %s of %j', (name, environment) => {
    expect(() => readSettings(codecServerSettings, environment)).toThrow(new RegExp(`(^|; )${name} `));
  });

  test('all that are wrong are named at once', () => {
    const wrong = { CODEC_PORT: 'x', CODEC_ORIGINS: '*', CODEC_ISSUER: 'i' };
    expect(() => readSettings(codecServerSettings, wrong)).toThrow(
      /CODEC_PORT .*CODEC_ORIGINS .*CODEC_JWKS_URL .*CODEC_AUDIENCE /,
    );
  });
});
