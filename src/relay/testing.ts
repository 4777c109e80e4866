import { randomUUID } from 'node:crypto';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import type { Fetch, JwtOptions } from '../http-server/jwt.ts';

/** How RiskOS authenticates to a webhook, by what is chosen in its dashboard [doc]. */
export type DeliveryAuthorisation =
  | { type: 'bearer'; token: string }
  | { type: 'basic'; username: string; password: string }
  /** With an access token of the authorization server, such as {@link TestIssuer.token} makes. */
  | { type: 'oauth2'; accessToken: string }
  | { type: 'none' };

/** An event as RiskOS sends it. */
export interface TestEvent {
  event_type: string;
  /** `id` is the funnel's evaluationId. */
  data: Record<string, unknown>;
  /** A new one when absent. Give the same one twice for a redelivery. */
  event_id?: string;
  /** RFC 3339; now when absent. */
  event_at?: string;
}

export interface MadeDelivery {
  method: 'POST';
  headers: Record<string, string>;
  body: string;
}

/**
 * For your tests: a webhook delivery as RiskOS would make it, to be sent with `fetch` or handed to a server's `inject`.
 *
 * `await fetch(`${url}/webhooks/riskos`, makeDelivery({ type: 'bearer', token }, { event_type, data }))`
 */
export function makeDelivery(auth: DeliveryAuthorisation, event: TestEvent): MadeDelivery {
  const { event_id = randomUUID(), event_at = new Date().toISOString(), event_type, data } = event;
  const authorization = headerOf(auth);
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(authorization ? { authorization } : {}) },
    body: JSON.stringify({ event_id, event_at, event_type, data }),
  };
}

function headerOf(auth: DeliveryAuthorisation): string | undefined {
  switch (auth.type) {
    case 'bearer':
      return `Bearer ${auth.token}`;
    case 'basic':
      return `Basic ${Buffer.from(`${auth.username}:${auth.password}`).toString('base64')}`;
    case 'oauth2':
      return `Bearer ${auth.accessToken}`;
    case 'none':
      return undefined;
  }
}

/** An authorization server that exists in the test alone. */
export interface TestIssuer {
  /** For the relay's `oauth2`. */
  options: JwtOptions;
  /** For the relay's `fetch`: answers the JWKS URL, and counts how often. */
  fetch: Fetch;
  fetched(): number;
  /** An access token that the relay takes, but for what `changes` says. */
  token(changes?: TokenChanges): Promise<string>;
  /** From now on signs with another key, which {@link TestIssuer.fetch} publishes. */
  rotateKey(): Promise<void>;
}

interface TokenChanges {
  issuer?: string;
  audience?: string;
  /** Seconds from now, negative for a token that has expired; `null` for a token without "exp". */
  expiresIn?: number | null;
  /** More claims, or others. */
  claims?: Record<string, unknown>;
}

/** Makes keys, publishes them through its own `fetch`, and signs access tokens with them. */
export async function createTestIssuer(): Promise<TestIssuer> {
  const issuer = 'https://issuer.test/';
  const audience = 'https://relay.test/webhooks/riskos';
  let current = await createKey();
  let count = 0;
  return {
    options: { issuer, audience: [audience], jwksUrl: `${issuer}jwks.json`, algorithms: ['ES256'] },
    fetch: () => {
      count += 1;
      return Promise.resolve(Response.json({ keys: [current.published] }));
    },
    fetched: () => count,
    token: (changes = {}) => {
      const { expiresIn = 300 } = changes;
      const jwt = new SignJWT({ client_id: 'riskos', ...changes.claims })
        .setProtectedHeader({ alg: 'ES256', kid: current.kid, typ: 'at+jwt' })
        .setIssuer(changes.issuer ?? issuer)
        .setAudience(changes.audience ?? audience)
        .setIssuedAt();
      if (expiresIn !== null) jwt.setExpirationTime(new Date(Date.now() + expiresIn * 1000));
      return jwt.sign(current.privateKey);
    },
    rotateKey: async () => {
      current = await createKey();
    },
  };
}

async function createKey() {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  const kid = randomUUID();
  return { kid, privateKey, published: { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' } };
}
