import type { z } from 'zod';
import { type Environment, SettingsError } from '../client/settings.ts';
import { type KeyStore, openKeyStore } from '../codec/index.ts';
import { payloadFaults, payloadSettings, readSettings } from '../config.ts';
import type { Log } from '../contract/log-fields.ts';
import { StorageError } from '../storage/index.ts';
import { InputError } from './errors.ts';

/** The key store of these settings. Throws {@link InputError} or a `CodecError`, which name the setting and not its value. */
export function keyStoreAt(settings: {
  KEY_STORE_URL: string;
  PAYLOAD_RECIPIENTS: string[];
  PAYLOAD_IDENTITY?: string | undefined;
}): KeyStore {
  const { KEY_STORE_URL: url, PAYLOAD_RECIPIENTS: recipients, PAYLOAD_IDENTITY: identity } = settings;
  try {
    return openKeyStore({ url, recipients, identity });
  } catch (error) {
    if (error instanceof StorageError) throw new InputError(`KEY_STORE_URL: ${error.message}`);
    throw error;
  }
}

/**
 * For the start of a process that makes keys: rejects with a `CodecError` for a store that it cannot write, and warns of an
 * empty one, which a volume that is not mounted looks like.
 */
export async function checkKeyStore(keys: KeyStore, logger: Log): Promise<void> {
  await keys.tryOut();
  if (!(await keys.isEmpty())) return;
  logger.warn(
    {},
    'the key store is empty: if there have been candidates, it is the wrong one or not mounted',
  );
}

/** The key store of the settings; `undefined` where encryption is switched off. Throws like {@link keyStoreAt}. */
export function keyStoreOf(settings: z.output<typeof payloadSettings>): KeyStore | undefined {
  const { PAYLOAD_ENCRYPTION, KEY_STORE_URL, PAYLOAD_RECIPIENTS, PAYLOAD_IDENTITY } = settings;
  if (PAYLOAD_ENCRYPTION === 'off' || !KEY_STORE_URL || !PAYLOAD_RECIPIENTS) return undefined;
  return keyStoreAt({ KEY_STORE_URL, PAYLOAD_RECIPIENTS, PAYLOAD_IDENTITY });
}

/** The key store of the environment, for what cannot be done without. Throws {@link InputError} and like {@link keyStoreAt}. */
export function neededKeyStore(): KeyStore {
  const store = keyStoreOfSettings();
  if (store) return store;
  throw new InputError(
    'there is no key store: set KEY_STORE_URL, PAYLOAD_RECIPIENTS and PAYLOAD_IDENTITY_FILE, without PAYLOAD_ENCRYPTION=off',
  );
}

/** The key store of the environment; `undefined` where encryption is off, or nothing of it is set. Throws {@link SettingsError} too. */
export function keyStoreOfSettings(environment: Environment = process.env): KeyStore | undefined {
  const settings = readSettings(payloadSettings, environment);
  const { KEY_STORE_URL, PAYLOAD_RECIPIENTS, PAYLOAD_IDENTITY } = settings;
  if (!KEY_STORE_URL && !PAYLOAD_RECIPIENTS && !PAYLOAD_IDENTITY) return undefined;
  const faults = payloadFaults(settings);
  if (faults.length > 0) throw new SettingsError(faults.join('; '));
  return keyStoreOf(settings);
}
