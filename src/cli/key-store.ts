import { ageWrapper, createKeyStore, type KeyStore } from '../codec/index.ts';
import { openStorage, type Storage, StorageError } from '../storage/index.ts';
import { InputError } from './errors.ts';

/** The key store of the settings. Throws {@link InputError} or a `CodecError`, which name the setting and not its value. */
export function requiredKeyStore(settings: {
  KEY_STORE_URL: string;
  PAYLOAD_RECIPIENTS: string[];
  PAYLOAD_IDENTITY: string;
}): KeyStore {
  const wrapper = ageWrapper(settings.PAYLOAD_RECIPIENTS, settings.PAYLOAD_IDENTITY);
  return createKeyStore(storageAt(settings.KEY_STORE_URL), wrapper);
}

function storageAt(url: string): Storage {
  try {
    return openStorage(url);
  } catch (error) {
    if (error instanceof StorageError) throw new InputError(`KEY_STORE_URL: ${error.message}`);
    throw error;
  }
}
