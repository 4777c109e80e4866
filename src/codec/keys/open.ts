import { openStorage } from '../../storage/index.ts';
import { createKeyStore, type KeyStore } from './store.ts';
import { ageWrapper } from './wrapper.ts';

export interface KeyStoreOptions {
  /** `file:///absolute/folder` or `s3://bucket/prefix?…`. */
  url: string;
  /** The age public keys that new and rotated keys are wrapped for. */
  recipients: readonly string[];
  /** The text of a file of age secret keys, one a line; without it keys can be made and not read. */
  identity?: string | undefined;
}

/**
 * The key store at a URL, with keys wrapped by age. To put a KMS behind it, give `createKeyStore` a `KeyWrapper` of your own.
 * Throws `InvalidRecipient`, `InvalidIdentity`, and StorageError `InvalidStorageUrl`. Touches nothing yet.
 */
export function openKeyStore({ url, recipients, identity }: KeyStoreOptions): KeyStore {
  return createKeyStore(openStorage(url), ageWrapper(recipients, identity));
}
