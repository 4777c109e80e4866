import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { readSettings, relaySettings } from '../../src/config.ts';
import { createAuthenticator } from '../../src/relay/authenticate.ts';
import { createTestIssuer } from '../../src/relay/index.ts';
import { createJwtCheck } from '../../src/http-server/jwt.ts';

const token = 'token-of-this-test';
const basic = (pair: string) => `Basic ${Buffer.from(pair).toString('base64')}`;

describe('Bearer', () => {
  const { check, challenge } = createAuthenticator({ bearerTokens: [token, 'the-next-token-of-it'] });

  test.each([`Bearer ${token}`, `bearer  ${token} `, 'BEARER the-next-token-of-it'])(
    'takes %j',
    async (header) => {
      expect(await check(header)).toBeUndefined();
    },
  );

  test.each<[string | undefined, string]>([
    [undefined, 'no_credentials'],
    ['', 'no_credentials'],
    ['Bearer', 'no_credentials'],
    ['Bearer ', 'no_credentials'],
    [token, 'no_credentials'],
    [`Bearer ${token} more`, 'no_credentials'],
    [basic(`user:${token}`), 'no_credentials'],
    [`Bearer ${token.slice(0, -1)}`, 'wrong_token'],
    [`Bearer ${token}x`, 'wrong_token'],
    [`Bearer ${token.toUpperCase()}`, 'wrong_token'],
    [`Bearer ${token},the-next-token-of-it`, 'wrong_token'],
    ['Bearer a.b.c', 'wrong_token'],
  ])('refuses %j as %s', async (header, reason) => {
    expect(await check(header)).toBe(reason);
  });

  test('says so in its challenge', () => expect(challenge).toBe('Bearer'));
});

describe('Basic', () => {
  const { check } = createAuthenticator({
    basicCredentials: ['riskos:password-of-this-test', 'b:the-next-of-passwords'],
  });

  test.each(['riskos:password-of-this-test', 'b:the-next-of-passwords'])('takes %j', async (pair) => {
    expect(await check(basic(pair))).toBeUndefined();
  });

  test.each<[string, string]>([
    [basic('riskos:password-of-this-tesT'), 'wrong_password'],
    [basic('riskos:the-next-of-passwords'), 'wrong_password'],
    [basic('riskos'), 'wrong_password'],
    [basic(''), 'no_credentials'],
    ['Basic !!!', 'wrong_password'],
    ['Bearer riskos:password-of-this-test', 'no_credentials'],
  ])('refuses %j as %s', async (header, reason) => {
    expect(await check(header)).toBe(reason);
  });
});

describe('OAuth 2', () => {
  test('takes a token of the issuer, and reads its keys once', async () => {
    const issuer = await createTestIssuer();
    const { check } = createAuthenticator({ oauth2: issuer.options }, issuer.fetch);
    for (let nth = 0; nth < 5; nth++) expect(await check(`Bearer ${await issuer.token()}`)).toBeUndefined();
    expect(issuer.fetched()).toBe(1);
  });

  test('beside Bearer tokens, each is taken', async () => {
    const issuer = await createTestIssuer();
    const { check } = createAuthenticator({ oauth2: issuer.options, bearerTokens: [token] }, issuer.fetch);
    expect(await check(`Bearer ${await issuer.token()}`)).toBeUndefined();
    expect(await check(`Bearer ${token}`)).toBeUndefined();
    expect(await check(`Bearer ${token}x`)).toBe('wrong_token');
  });

  test.each<[string, object, string]>([
    ['another issuer', { issuer: 'https://issuer.test' }, 'jwt_wrong_issuer'],
    ['another audience', { audience: 'https://relay.test/' }, 'jwt_wrong_audience'],
    ['the past', { expiresIn: -60 }, 'jwt_expired'],
    ['no expiry', { expiresIn: null }, 'jwt_expired'],
  ])('refuses a token of %s', async (_what, changes, reason) => {
    const issuer = await createTestIssuer();
    const { check } = createAuthenticator({ oauth2: issuer.options }, issuer.fetch);
    expect(await check(`Bearer ${await issuer.token(changes)}`)).toBe(reason);
  });

  test('refuses what is signed by another key, by none, or by a secret that everybody knows', async () => {
    const issuer = await createTestIssuer();
    const { check } = createAuthenticator({ oauth2: issuer.options }, issuer.fetch);
    const other = await createTestIssuer();
    const claims = { iss: issuer.options.issuer, aud: issuer.options.audience[0], exp: 4_000_000_000 };
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const unsigned = `${encode({ alg: 'none' })}.${encode(claims)}.`;
    const shared = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.alloc(32));
    const [head = '', , signature = ''] = (await issuer.token()).split('.');
    const changed = `${head}.${encode(claims)}.${signature}`;
    expect(await check(`Bearer ${await issuer.token()}`)).toBeUndefined();
    for (const bad of [changed, 'a.b.c', 'x']) expect(await check(`Bearer ${bad}`)).toBe('jwt_invalid');
    for (const bad of [unsigned, shared]) expect(await check(`Bearer ${bad}`)).toBe('jwt_wrong_algorithm');
    expect(await check(`Bearer ${await other.token()}`)).toMatch(/^(jwt_invalid|jwks_unavailable)$/);
  });

  test('a key that the issuer has just begun to use loses no event: taken, or asked for again', async () => {
    const issuer = await createTestIssuer();
    const fresh = createJwtCheck(issuer.options, issuer.fetch);
    expect(await fresh(await issuer.token())).toMatchObject({ client_id: 'riskos' });
    await issuer.rotateKey();
    // The keys were read a moment ago, and are not read again for every token that anybody makes up.
    expect(await fresh(await issuer.token())).toBe('jwks_unavailable');
    expect(issuer.fetched()).toBe(1);
  });

  const once = 1;
  test.each<[string, () => Promise<Response>, number]>([
    ['does not answer', () => Promise.reject(new TypeError('fetch failed')), once],
    ['answers 500', () => Promise.resolve(new Response('', { status: 500 })), once],
    ['answers what are no keys', () => Promise.resolve(Response.json({ keys: 7 })), 10],
    ['answers no JSON', () => Promise.resolve(new Response('<html>')), once],
    ['redirects', () => Promise.resolve(new Response('', { status: 302, headers: { location: '/' } })), once],
  ])(
    'asks for the delivery again while the server of the keys %s, and does not hammer it',
    async (_what, answer, times) => {
      const issuer = await createTestIssuer();
      let asked = 0;
      let now = 0;
      let down = true;
      const check = createJwtCheck(
        issuer.options,
        (input, init) => {
          asked += 1;
          return down ? answer() : issuer.fetch(input, init);
        },
        () => now,
      );
      const good = await issuer.token();
      for (let nth = 0; nth < 10; nth++) expect(await check(good)).toBe('jwks_unavailable');
      expect(asked).toBe(times);
      down = false;
      now = 1001;
      expect(await check(good)).toMatchObject({ client_id: 'riskos' });
    },
  );

  test('a clock that is set back keeps no keys from being read again', async () => {
    vi.useFakeTimers({ now: new Date(), toFake: ['Date', 'performance'] });
    onTestFinished(() => void vi.useRealTimers());
    const issuer = await createTestIssuer();
    let down = true;
    const check = createJwtCheck(issuer.options, (input, init) =>
      down ? Promise.reject(new TypeError('fetch failed')) : issuer.fetch(input, init),
    );
    const good = await issuer.token();
    expect(await check(good)).toBe('jwks_unavailable');
    down = false;
    // Within the tolerance of the token's own times.
    vi.setSystemTime(Date.now() - 20_000);
    vi.advanceTimersByTime(1001);
    expect(await check(good)).toMatchObject({ client_id: 'riskos' });
  });

  test('a token without "kid" is taken if any key of the issuer fits, and only then', async () => {
    const issuer = await createTestIssuer();
    const [ours, other, stranger] = [await keyPair(), await keyPair(), await keyPair()];
    const check = createJwtCheck(issuer.options, async () =>
      Response.json({ keys: [await exportJWK(other.publicKey), await exportJWK(ours.publicKey)] }),
    );
    const tokenOf = (key: CryptoKey, expires: string) =>
      new SignJWT({ client_id: 'riskos' })
        .setProtectedHeader({ alg: 'ES256' })
        .setIssuer(issuer.options.issuer)
        .setAudience(issuer.options.audience)
        .setExpirationTime(expires)
        .sign(key);
    expect(await check(await tokenOf(ours.privateKey, '5m'))).toMatchObject({ client_id: 'riskos' });
    expect(await check(await tokenOf(other.privateKey, '5m'))).toMatchObject({ client_id: 'riskos' });
    expect(await check(await tokenOf(ours.privateKey, '-5m'))).toBe('jwt_expired');
    expect(await check(await tokenOf(stranger.privateKey, '5m'))).toBe('jwt_invalid');
  });
});

function keyPair() {
  return generateKeyPair('ES256');
}

describe('a relay without a lock', () => {
  test.each([
    {},
    { bearerTokens: [] },
    { bearerTokens: [''] },
    { bearerTokens: ['short'] },
    { basicCredentials: [] },
    { bearerTokens: [`Bearer ${token}`] },
  ])('is not made: %j', (given) => {
    expect(() => createAuthenticator(given)).toThrow(TypeError);
  });
});

const oauth = {
  RELAY_AUTH: 'oauth2',
  RELAY_OAUTH_ISSUER: 'https://issuer.example/',
  RELAY_OAUTH_AUDIENCE: 'relay',
  RELAY_OAUTH_JWKS_URL: 'https://issuer.example/keys',
};

describe('settings', () => {
  test.each<[string, Record<string, string>]>([
    ['RELAY_BEARER_TOKENS', {}],
    ['RELAY_BEARER_TOKENS', { RELAY_BEARER_TOKENS: `"${token}"` }],
    ['RELAY_BEARER_TOKENS', { RELAY_BEARER_TOKENS: `'${token}'` }],
    ['RELAY_BEARER_TOKENS', { RELAY_BEARER_TOKENS: `Bearer ${token}` }],
    ['RELAY_BEARER_TOKENS', { RELAY_BEARER_TOKENS: 'two words-of-a-token' }],
    ['RELAY_BEARER_TOKENS', { RELAY_BEARER_TOKENS: 'tökén-of-16-or-more' }],
    ['RELAY_BEARER_TOKENS', { RELAY_BEARER_TOKENS: 'token\u0000of-16-or-more' }],
    ['RELAY_BEARER_TOKENS', { RELAY_BEARER_TOKENS: `${token},short` }],
    ['RELAY_AUTH', { RELAY_AUTH: 'none', RELAY_BEARER_TOKENS: token }],
    ['RELAY_AUTH', { RELAY_AUTH: 'Bearer', RELAY_BEARER_TOKENS: token }],
    ['RELAY_BASIC_CREDENTIALS', { RELAY_AUTH: 'basic' }],
    ['RELAY_BASIC_CREDENTIALS', { RELAY_AUTH: 'basic', RELAY_BASIC_CREDENTIALS: 'password-without-user' }],
    [
      'RELAY_BASIC_CREDENTIALS',
      { RELAY_AUTH: 'basic', RELAY_BASIC_CREDENTIALS: 'a-long-user-name-of-30-chars:short' },
    ],
    [
      'RELAY_BASIC_CREDENTIALS',
      { RELAY_BEARER_TOKENS: token, RELAY_BASIC_CREDENTIALS: 'a:password-of-this-test' },
    ],
    ['RELAY_BEARER_TOKENS', { ...oauth, RELAY_BEARER_TOKENS: token }],
    ['RELAY_OAUTH_ISSUER', { ...oauth, RELAY_OAUTH_ISSUER: '' }],
    ['RELAY_OAUTH_AUDIENCE', { ...oauth, RELAY_OAUTH_AUDIENCE: ' , ' }],
    ['RELAY_OAUTH_JWKS_URL', { ...oauth, RELAY_OAUTH_JWKS_URL: 'http://issuer.example/keys' }],
    ['RELAY_OAUTH_ALGORITHMS', { ...oauth, RELAY_OAUTH_ALGORITHMS: 'HS256' }],
    ['RELAY_OAUTH_ALGORITHMS', { ...oauth, RELAY_OAUTH_ALGORITHMS: 'none' }],
    ['RELAY_TRUSTED_PROXIES', { RELAY_BEARER_TOKENS: token, RELAY_TRUSTED_PROXIES: '0.0.0.0/0' }],
    ['RELAY_TRUSTED_PROXIES', { RELAY_BEARER_TOKENS: token, RELAY_TRUSTED_PROXIES: 'proxy.local' }],
    ['RELAY_TRUSTED_PROXIES', { RELAY_BEARER_TOKENS: token, RELAY_TRUSTED_PROXIES: '10.0.0.0/33' }],
    ['RELAY_MAX_CONNECTIONS', { RELAY_BEARER_TOKENS: token, RELAY_MAX_CONNECTIONS: '0' }],
    ['RELAY_MAX_IN_FLIGHT', { RELAY_BEARER_TOKENS: token, RELAY_MAX_IN_FLIGHT: 'many' }],
  ])('that cannot work are refused by name, never with their value: %s of %j', (name, environment) => {
    let message = '';
    try {
      readSettings(relaySettings, environment);
    } catch (error) {
      message = error instanceof Error ? error.message : '';
    }
    expect(message).toContain(name);
    for (const secret of [token, 'two words', 'tökén', 'password-']) expect(message).not.toContain(secret);
  });

  test('name one kind, or several', () => {
    expect(readSettings(relaySettings, { RELAY_BEARER_TOKENS: token })).toMatchObject({
      RELAY_AUTH: ['bearer'],
    });
    const all = readSettings(relaySettings, {
      ...oauth,
      RELAY_AUTH: 'oauth2, bearer,basic',
      RELAY_BEARER_TOKENS: `${token}, other-token-of-this-test`,
      RELAY_BASIC_CREDENTIALS: 'a:password-of-this-test,b:password-of-this-test',
      RELAY_TRUSTED_PROXIES: '10.0.0.0/8, 192.0.2.1,2001:db8::/32',
    });
    expect(all).toMatchObject({
      RELAY_AUTH: ['oauth2', 'bearer', 'basic'],
      RELAY_OAUTH_ALGORITHMS: ['RS256', 'ES256'],
      RELAY_BEARER_TOKENS: [token, 'other-token-of-this-test'],
    });
  });
});
