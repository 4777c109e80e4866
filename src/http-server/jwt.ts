import {
  createRemoteJWKSet,
  type CryptoKey,
  customFetch,
  errors,
  type JWTPayload,
  jwtVerify,
  type JWTVerifyOptions,
} from 'jose';
import { z } from 'zod';
import { jwtAlgorithms } from './jwt-algorithms.ts';
import type { JwtRefusal } from './refusals.ts';

/** The authorization server whose access tokens count; they must be JWTs. */
export const jwtOptions = z.strictObject({
  /** The tokens' `iss`. */
  issuer: z.string().min(1),
  /** The tokens' `aud`: one of these. */
  audience: z.array(z.string().min(1)).min(1),
  /** Where the server publishes its public keys. */
  jwksUrl: z.url({ protocol: /^https?$/ }),
  algorithms: z.array(z.enum(jwtAlgorithms)).min(1),
});
export type JwtOptions = z.output<typeof jwtOptions>;

export type Fetch = (url: string, init?: RequestInit) => Promise<Response>;

/** Seconds by which the clocks may differ. */
const clockTolerance = 30;
/** Milliseconds between two readings of the keys because of an unknown key, and after a failed one. */
const cooldown = 10_000;
const pauseAfterFailure = 1000;

/** Checks signature, algorithm, issuer, audience and expiry of an access token. Resolves with its claims, or what is wrong. */
export function createJwtCheck(
  options: JwtOptions,
  fetchKeys: Fetch = globalThis.fetch,
  // For the pause alone; not the wall clock, which can be set back.
  now: () => number = () => performance.now(),
): (token: string) => Promise<JWTPayload | JwtRefusal> {
  const keys = createRemoteJWKSet(new URL(options.jwksUrl), {
    timeoutDuration: 5000,
    cooldownDuration: cooldown,
    [customFetch]: patiently(fetchKeys, now),
  });
  const expected = {
    issuer: options.issuer,
    audience: options.audience,
    algorithms: options.algorithms,
    requiredClaims: ['exp'],
    clockTolerance,
  };
  async function claimsOf(token: string): Promise<JWTPayload> {
    try {
      return (await jwtVerify(token, keys, expected)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
      return claimsByAnyOf(error, token, expected);
    }
  }
  return async (token) => {
    // A key that the server has just begun to use is unknown until the keys may be read again: no reason to refuse for good.
    const cannotLook = keys.coolingDown;
    try {
      return await claimsOf(token);
    } catch (error) {
      return refusalOf(error, cannotLook);
    }
  };
}

/** For a token that does not say which of the issuer's keys signed it. */
async function claimsByAnyOf(
  keys: AsyncIterable<CryptoKey>,
  token: string,
  expected: JWTVerifyOptions,
): Promise<JWTPayload> {
  for await (const key of keys) {
    try {
      return (await jwtVerify(token, key, expected)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWSSignatureVerificationFailed)) throw error;
    }
  }
  throw new errors.JWSSignatureVerificationFailed();
}

function refusalOf(error: unknown, cannotLook: boolean): JwtRefusal {
  if (error instanceof errors.JWTExpired) return 'jwt_expired';
  if (error instanceof errors.JWTClaimValidationFailed) {
    if (error.claim === 'iss') return 'jwt_wrong_issuer';
    if (error.claim === 'aud') return 'jwt_wrong_audience';
    return error.claim === 'exp' ? 'jwt_expired' : 'jwt_invalid';
  }
  if (error instanceof errors.JWKSNoMatchingKey) return cannotLook ? 'jwks_unavailable' : 'jwt_invalid';
  if (error instanceof errors.JOSEAlgNotAllowed) return 'jwt_wrong_algorithm';
  const ofTheToken = [
    errors.JWTInvalid,
    errors.JWSInvalid,
    errors.JWSSignatureVerificationFailed,
    errors.JOSENotSupported,
  ];
  return ofTheToken.some((kind) => error instanceof kind) ? 'jwt_invalid' : 'jwks_unavailable';
}

/** After a failure the server gets a pause, however many tokens come: anybody can send something like one. */
function patiently(fetchKeys: Fetch, now: () => number): Fetch {
  let failedAt = -Infinity;
  return async (input, init) => {
    if (now() - failedAt < pauseAfterFailure) throw new Error('the keys could not be read a moment ago');
    try {
      const response = await fetchKeys(input, init);
      if (response.status === 200) await response.clone().json();
      else failedAt = now();
      return response;
    } catch (error) {
      failedAt = now();
      throw error;
    }
  };
}
