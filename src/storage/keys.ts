import { sep } from 'node:path';
import { StorageError } from './errors.ts';

const segment = '[A-Za-z0-9_~-][A-Za-z0-9._~-]{0,199}';
const keyPattern = new RegExp(`^(?:${segment}/){0,9}${segment}$`);
const prefixPattern = new RegExp(`^(?:${segment}/){0,9}$`);

/** Throws a TypeError for an invalid key: keys are made by this program, never by its users. */
export function checkKey(key: string): void {
  if (!keyPattern.test(key) || key.length > 900) throw new TypeError('not a storage key');
}

/**
 * Throws `StorageUnsafe` for a key that may lead out of the storage's folder. Every other key that a storage lists can be deleted,
 * also one that this program did not write, such as ".DS_Store" or "Scan 1.pdf".
 */
export function checkListedKey(key: string): void {
  const leadsOut = (name: string) =>
    ['', '.', '..'].includes(name) || name.includes(sep) || name.includes('\0');
  if (!key.split('/').some(leadsOut)) return;
  throw new StorageError(
    'StorageUnsafe',
    'An object in the storage has a key with an empty part, ".", ".." or a NUL, and is left alone. Remove it by hand.',
  );
}

export function checkPrefix(prefix: string): void {
  if (!prefixPattern.test(prefix)) throw new TypeError('not a storage prefix');
}

/** The decoded path of a storage URL without its leading and trailing slashes. */
export function pathOfUrl(url: URL): string {
  let path: string;
  try {
    path = decodeURIComponent(url.pathname);
  } catch {
    throw invalidUrl('has a broken % escape in its path');
  }
  if (/%2f/i.test(url.pathname) || path.includes('\0')) throw invalidUrl('has %2F or %00 in its path');
  return path.replaceAll(/^\/+|\/+$/g, '');
}

export function invalidUrl(what: string): StorageError {
  return new StorageError('InvalidStorageUrl', `The URL ${what}.`);
}
