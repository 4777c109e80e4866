import { exportJWK, generateKeyPair, SignJWT, UnsecuredJWT } from 'jose';
import { describe, expect, test } from 'vitest';
import { roleOf } from '../../src/codec/server/roles.ts';
import { createCodecServer } from '../../src/codec/server/server.ts';
import { keepingLogger } from '../relay/support.ts';
import { ask, clear, refusals, roles, sealed, startRig, testCipher } from './support.ts';

const payloads = [sealed('secret')];

describe('tokens', () => {
  const claims = { sub: 'ada', roles: ['codec-all'] };

  test.each<[string, (rig: Awaited<ReturnType<typeof startRig>>) => Promise<string | undefined>, string]>([
    ['no token', () => Promise.resolve(undefined), 'no_token'],
    ['what is no JWT', () => Promise.resolve('a.b.c'), 'jwt_invalid'],
    ['an expired one', ({ issuer }) => issuer.token({ claims, expiresIn: -60 }), 'jwt_expired'],
    ['one that never expires', ({ issuer }) => issuer.token({ claims, expiresIn: null }), 'jwt_expired'],
    [
      'one of another issuer',
      ({ issuer }) => issuer.token({ claims, issuer: 'https://evil/' }),
      'jwt_wrong_issuer',
    ],
    ['one for somebody else', ({ issuer }) => issuer.token({ claims, audience: 'x' }), 'jwt_wrong_audience'],
    [
      'one without a subject',
      ({ issuer }) => issuer.token({ claims: { roles: ['codec-all'] } }),
      'jwt_no_subject',
    ],
    [
      'one with an odd subject',
      ({ issuer }) => issuer.token({ claims: { ...claims, sub: '' } }),
      'jwt_no_subject',
    ],
    [
      'one without a signature',
      ({ issuer }) => Promise.resolve(forged(issuer.options)),
      'jwt_wrong_algorithm',
    ],
    [
      'one whose algorithm is swapped for a secret that is the public key',
      async ({ issuer }) => {
        const answer = await issuer.fetch(issuer.options.jwksUrl);
        const key = JSON.stringify(await answer.json());
        return new SignJWT({ ...claims, iss: issuer.options.issuer, aud: issuer.options.audience, exp: 4e9 })
          .setProtectedHeader({ alg: 'HS256' })
          .sign(Buffer.from(key));
      },
      'jwt_wrong_algorithm',
    ],
    [
      'one whose roles were changed after it was signed',
      async ({ issuer }) => {
        const [head, body = '', signature] = (await issuer.token({ claims: { sub: 'eve' } })).split('.');
        const changed = { ...JSON.parse(Buffer.from(body, 'base64url').toString()), ...claims };
        return [head, Buffer.from(JSON.stringify(changed)).toString('base64url'), signature].join('.');
      },
      'jwt_invalid',
    ],
    [
      'one signed by a key that it brings along',
      async ({ issuer }) => {
        const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
        const { iss, aud } = { iss: issuer.options.issuer, aud: issuer.options.audience };
        return new SignJWT({ ...claims, iss, aud, exp: 4e9 })
          .setProtectedHeader({ alg: 'ES256', jwk: await exportJWK(publicKey) })
          .sign(privateKey);
      },
      'jwt_invalid',
    ],
  ])('%s: 401 by name, counted and logged, and never shown', async (_what, make, reason) => {
    const rig = await startRig();
    const token = await make(rig);
    for (const path of ['/decode', '/encode?workflowId=funnel-a']) {
      const answer = await ask(rig.url, { path, token, payloads });
      expect([answer.status, answer.reason]).toEqual([401, reason]);
      expect(answer.headers['www-authenticate']).toBe('Bearer');
      expect(answer.body).not.toContain('secret');
    }
    expect(await refusals(rig.url, reason)).toBe(2);
    expect(rig.lines).toMatchObject([{ level: 'warn', fields: { reason, count: 1, status: 401 } }]);
    expect(JSON.stringify(rig.lines)).not.toContain(token?.slice(0, 20) ?? 'ada');
    expect(rig.audited).toEqual([]);
  });

  function forged({ issuer, audience }: { issuer: string; audience: string[] }): string {
    return new UnsecuredJWT(claims).setIssuer(issuer).setAudience(audience).setExpirationTime(4e9).encode();
  }

  test('while the keys cannot be read: 503, to be tried again', async () => {
    const rig = await startRig({ fetch: () => Promise.reject(new TypeError('fetch failed')) });
    const answer = await ask(rig.url, { token: await rig.token(), payloads });
    expect([answer.status, answer.reason]).toEqual([503, 'jwks_unavailable']);
  });
});

describe('roles', () => {
  const mixed = [sealed('input'), sealed({ nextAction: 'x' }, { purpose: 'status' }), clear('clear')];

  test('all: everything', async () => {
    const rig = await startRig();
    const answer = await ask(rig.url, { token: await rig.token('codec-all'), payloads: mixed });
    expect(answer.values).toEqual(['input', { nextAction: 'x' }, 'clear']);
  });

  test('status: what is marked as a status, nothing else, and no encoding', async () => {
    const rig = await startRig();
    const token = await rig.token('codec-status');
    const answer = await ask(rig.url, { token, payloads: mixed });
    expect(answer.values).toEqual([{ unreadable: 'NotPermitted' }, { nextAction: 'x' }, 'clear']);
    const encoding = await ask(rig.url, { path: '/encode?workflowId=funnel-a', token, payloads: [clear(1)] });
    expect([encoding.status, encoding.reason]).toEqual([403, 'not_permitted']);
  });

  test('a key that the role may not use is not even read', async () => {
    const opened: unknown[] = [];
    const rig = await startRig({
      cipher: {
        ...testCipher,
        open: (payload, namespace) => {
          opened.push(payload);
          return testCipher.open(payload, namespace);
        },
      },
    });
    await ask(rig.url, { token: await rig.token('codec-status'), payloads: mixed });
    expect(opened).toHaveLength(1);
  });

  test.each([
    ['another role', { roles: ['viewer'] }],
    ['no role', { roles: [] }],
    ['no claim', { roles: undefined }],
    ['a claim that is no list', { roles: { 'codec-all': true } }],
    ['a role that only looks alike', { roles: ['codec-all-not', 'CODEC-ALL'] }],
  ])('%s: nothing at all', async (_what, claims) => {
    const rig = await startRig();
    const answer = await ask(rig.url, { token: await rig.token('', claims), payloads: mixed });
    expect([answer.status, answer.reason]).toEqual([403, 'no_role']);
    expect(answer.body).not.toContain('input');
  });

  test.each<[Record<string, unknown>, string, string]>([
    [{ roles: ['codec-status', 'codec-all'] }, 'roles', 'all'],
    [{ scope: 'openid codec-status' }, 'scope', 'status'],
    [{ 'https://hr.example/roles': ['codec-all'] }, 'https://hr.example/roles', 'all'],
    [{ realm_access: { roles: ['codec-all'] } }, 'realm_access.roles', 'all'],
    [{ realm_access: 'codec-all' }, 'realm_access.roles', 'none'],
    [{ realm_access: null }, 'realm_access.roles', 'none'],
    [{}, 'constructor.name', 'none'],
    [{}, '__proto__', 'none'],
    [{ roles: [['codec-all']] }, 'roles', 'none'],
  ])('of the claims %j by %s: %s', (claims, claim, role) => {
    expect(roleOf(claims, { ...roles, claim })).toBe(role);
  });
});

describe('without authentication', () => {
  test('everybody on this machine may do everything', async () => {
    const rig = await startRig({ authentication: 'off' });
    expect((await ask(rig.url, { payloads })).values).toEqual(['secret']);
    expect(rig.audited).toMatchObject([{ who: 'anyone on this machine' }]);
  });

  test.each(['0.0.0.0', '::', '192.0.2.1', 'example.com', '127.0.0.1.example.com'])(
    'it does not listen on %s',
    async (host) => {
      const server = await createCodecServer({
        cipher: testCipher,
        authentication: 'off',
        origins: [],
        logger: keepingLogger(),
        audit: () => {},
      });
      await expect(server.listen({ host, port: 0 })).rejects.toThrow('without authentication');
      await server.close();
    },
  );
});

describe('the audit log', () => {
  test('has a line for each decode and encode, with ids and counts and no value', async () => {
    const rig = await startRig();
    const sent = [
      sealed('secret-1', { workflowId: 'funnel-app-1' }),
      sealed('secret-2', { workflowId: 'funnel-app-1' }),
      sealed('secret-3', { workflowId: 'images-app-2' }),
      sealed('secret-4', { workflowId: 'funnel-app-3', fails: 'PayloadTampered' }),
      sealed('secret-5', { workflowId: 'an\nodd "id"', fails: 'KeyMissing' }),
      clear('secret-6'),
    ];
    await ask(rig.url, { token: await rig.token(), payloads: sent });
    await ask(rig.url, {
      path: '/encode?workflowId=funnel-app-9',
      token: await rig.token(),
      payloads: [clear('secret-7')],
    });
    expect(rig.audited).toEqual([
      {
        audit: 'decode',
        who: 'ada',
        readerEmail: 'ada@hr.example',
        role: 'all',
        namespace: 'default',
        workflows: ['funnel-app-1', 'images-app-2'],
        part: 1,
        parts: 1,
        workflowCount: 2,
        count: 3,
        clear: 1,
        refused: 2,
        reasons: { PayloadTampered: 1, KeyMissing: 1 },
        refusedWorkflows: ['funnel-app-3', '(odd)'],
      },
      expect.objectContaining({ audit: 'encode', who: 'ada', workflows: ['funnel-app-9'], count: 1 }),
    ]);
    expect(JSON.stringify([rig.audited, rig.lines])).not.toContain('secret');
  });

  test('says what a role was refused', async () => {
    const rig = await startRig();
    await ask(rig.url, { token: await rig.token('codec-status'), payloads });
    expect(rig.audited).toMatchObject([
      {
        role: 'status',
        count: 0,
        refused: 1,
        reasons: { NotPermitted: 1 },
        refusedWorkflows: ['funnel-app-1'],
      },
    ]);
  });

  test('names every workflow that was decoded, in lines that no container runtime cuts', async () => {
    const rig = await startRig();
    const ids = Array.from({ length: 1000 }, (_, nth) => `funnel-${String(nth).padStart(190, 'x')}`);
    const many = ids.map((workflowId) => sealed(1, { workflowId }));
    await ask(rig.url, { token: await rig.token(), payloads: many });
    expect(rig.audited.flatMap(({ workflows }) => workflows)).toEqual(ids);
    const parts = rig.audited.length;
    expect(rig.audited.map(({ part }) => part)).toEqual(Array.from({ length: parts }, (_, nth) => nth + 1));
    for (const line of rig.audited) {
      expect(line).toMatchObject({
        who: 'ada',
        namespace: 'default',
        parts,
        workflowCount: 1000,
        count: 1000,
      });
      expect(JSON.stringify(line).length).toBeLessThan(15_000);
    }
  });

  test('names the first of many workflows that payloads only claim, and counts their reasons', async () => {
    const rig = await startRig();
    const claimed = Array.from({ length: 300 }, (_, nth) =>
      sealed(1, { workflowId: `funnel-${nth}`, fails: 'PayloadTampered' }),
    );
    await ask(rig.url, { token: await rig.token(), payloads: claimed });
    expect(rig.audited).toMatchObject([{ workflows: [], refused: 300, reasons: { PayloadTampered: 300 } }]);
    expect(rig.audited[0]?.refusedWorkflows).toHaveLength(20);
  });

  test('a log that cannot be written shows nothing', async () => {
    const rig = await startRig({
      audit: () => {
        throw new Error('disk full');
      },
    });
    const answer = await ask(rig.url, { token: await rig.token(), payloads });
    expect([answer.status, answer.reason]).toEqual([503, 'failed']);
    expect(answer.payloads).toEqual([]);
  });
});
