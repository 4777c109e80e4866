import type { JWTPayload } from 'jose';

/**
 * `all` reads every payload and encodes; `status` reads the payloads that their writer marked as a status, and nothing of an
 * input or a history; `none` reads nothing.
 */
export type Role = 'all' | 'status' | 'none';

export interface RoleOptions {
  /** The claim that holds the roles: its whole name, or a path such as `realm_access.roles`. */
  claim: string;
  /** Which of its values mean the role `all`, and which `status`. */
  all: readonly string[];
  status: readonly string[];
}

/** The highest role that a token has. */
export function roleOf(claims: JWTPayload, { claim, all, status }: RoleOptions): Role {
  const had = valuesOf(claims[claim] ?? atPath(claims, claim.split('.')));
  if (had.some((role) => all.includes(role))) return 'all';
  return had.some((role) => status.includes(role)) ? 'status' : 'none';
}

/** `purpose` is the mark of an encrypted payload, which its associated data binds; most have none. */
export function mayRead(role: Role, purpose: string | undefined): boolean {
  return role === 'all' || (role === 'status' && purpose === 'status');
}

/** Roles are a list, or words separated by spaces as in OAuth's `scope`. */
function valuesOf(claim: unknown): string[] {
  if (typeof claim === 'string') return claim.split(' ');
  return Array.isArray(claim) ? claim.filter((one) => typeof one === 'string') : [];
}

function atPath(value: unknown, [name, ...rest]: string[]): unknown {
  if (name === undefined) return value;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return atPath(new Map<string, unknown>(Object.entries(value)).get(name), rest);
}
