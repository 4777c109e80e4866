import { z } from 'zod';
import { basicCredentials, bearerToken, createSecretCheck } from '../http-server/credentials.ts';
import { createJwtCheck, type Fetch, type JwtOptions, jwtOptions } from '../http-server/jwt.ts';
import type { Refusal } from './refusals.ts';

/** Who may deliver: at least one kind. Several secrets of a kind are all accepted, so that each can be rotated. */
export interface Authentication {
  /** Of at least 16 visible ASCII characters without quotes. */
  bearerTokens?: string[];
  /** `user:password`. */
  basicCredentials?: string[];
  /** Of the authorization server that RiskOS asks. */
  oauth2?: JwtOptions;
}

const authentication = z
  .object({
    bearerTokens: z.array(bearerToken).default([]),
    basicCredentials: z.array(basicCredentials).default([]),
    oauth2: jwtOptions.optional(),
  })
  .refine(
    ({ bearerTokens, basicCredentials: pairs, oauth2 }) => bearerTokens.length + pairs.length > 0 || oauth2,
    'needs a bearer token, a pair of Basic credentials, or an issuer of access tokens',
  );

export interface Authenticator {
  /** What is wrong with an `Authorization` header; `undefined` when its sender may deliver. */
  check: (header: string | undefined) => Promise<Refusal | undefined>;
  /** For `WWW-Authenticate`. */
  challenge: string;
}

/** Throws if no header can match a secret, and if no authentication is configured: such a relay does not start. */
export function createAuthenticator(given: Authentication, fetchKeys?: Fetch): Authenticator {
  const parsed = authentication.safeParse(given);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw new TypeError(`the relay's authentication ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`);
  }
  const { bearerTokens, basicCredentials: pairs, oauth2 } = parsed.data;
  const isToken = createSecretCheck(bearerTokens);
  const isPair = createSecretCheck(pairs);
  const checkJwt = oauth2 ? createJwtCheck(oauth2, fetchKeys) : undefined;
  const takesBearer = bearerTokens.length > 0 || checkJwt !== undefined;
  const takesBasic = pairs.length > 0;

  return {
    challenge: [
      ...(takesBearer ? ['Bearer'] : []),
      ...(takesBasic ? ['Basic realm="candidate-funnel relay", charset="UTF-8"'] : []),
    ].join(', '),
    check: async (header = '') => {
      const [, scheme = '', value = ''] = /^\s*(\S+)\s+(\S+)\s*$/.exec(header) ?? [];
      switch (scheme.toLowerCase()) {
        case 'bearer': {
          if (!takesBearer) return 'no_credentials';
          if (isToken(value)) return undefined;
          if (!checkJwt || (bearerTokens.length > 0 && !looksLikeJwt(value))) return 'wrong_token';
          const claims = await checkJwt(value);
          return typeof claims === 'string' ? claims : undefined;
        }
        case 'basic':
          if (!takesBasic) return 'no_credentials';
          return isPair(Buffer.from(value, 'base64').toString()) ? undefined : 'wrong_password';
        default:
          return 'no_credentials';
      }
    },
  };
}

function looksLikeJwt(token: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]*$/.test(token);
}
