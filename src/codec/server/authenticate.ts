import { createJwtCheck, type Fetch, type JwtOptions } from '../../http-server/jwt.ts';
import type { Refusal } from './refusals.ts';
import { type Role, roleOf, type RoleOptions } from './roles.ts';

/** `off`: everybody who reaches the server may do everything. For a loopback address only. */
export type Authentication = 'off' | { jwt: JwtOptions; roles: RoleOptions };

/** Who asks, for the audit log and the rate limit. */
export interface Identity {
  /** The token's `sub`. */
  who: string;
  email?: string;
  role: Role;
}

export type Authenticator = (header: string | undefined) => Promise<Identity | Refusal>;

/** The identity behind an `Authorization` header, or why it is refused. */
export function createAuthenticator(authentication: Authentication, fetchKeys?: Fetch): Authenticator {
  if (authentication === 'off') return () => Promise.resolve({ who: 'anyone on this machine', role: 'all' });
  const checkJwt = createJwtCheck(authentication.jwt, fetchKeys);
  return async (header = '') => {
    const token = /^\s*bearer\s+(\S+)\s*$/i.exec(header)?.[1];
    if (token === undefined) return 'no_token';
    const claims = await checkJwt(token);
    if (typeof claims === 'string') return claims;
    const { sub: who } = claims;
    if (!isName(who)) return 'jwt_no_subject';
    const { email } = claims;
    return { who, ...(isName(email) ? { email } : {}), role: roleOf(claims, authentication.roles) };
  };
}

/** What a line of the audit log can hold. */
function isName(claim: unknown): claim is string {
  return typeof claim === 'string' && claim.trim() !== '' && claim.length <= 200;
}
