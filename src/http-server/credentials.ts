import { hash, timingSafeEqual } from 'node:crypto';
import { z } from 'zod';

/**
 * Settings come with quotes, a scheme or a line break around the secret more often than not, and then match no header.
 * Messages never hold the secret.
 */
const secret = z
  .string()
  .regex(/^[^\s]*$/, 'must be the secret alone: no space, line break, or "Bearer" in front')
  .regex(/^[\x20-\x7E]*$/, 'must be of ASCII characters: a header can carry no other')
  .regex(/^[^"'`]*$/, 'must be without quotes')
  .min(16, 'must have tokens of at least 16 characters, separated by commas');

/** A token that `Authorization: Bearer` can carry. */
export const bearerToken = secret;

/** `user:password`, as `Authorization: Basic` carries it. */
export const basicCredentials = z
  .string()
  .regex(/^[^:]+:/, 'must be user:password')
  .pipe(secret)
  .refine((pair) => pair.length - pair.indexOf(':') > 16, 'must have a password of at least 16 characters');

/** True when one of the secrets was given; takes the same time whichever it is, and however much of it is right. */
export function createSecretCheck(secrets: readonly string[]): (given: string) => boolean {
  const digest = (text: string) => hash('sha256', text, 'buffer');
  const accepted = secrets.map(digest);
  return (given) => {
    const digested = digest(given);
    return accepted.filter((one) => timingSafeEqual(one, digested)).length > 0;
  };
}
