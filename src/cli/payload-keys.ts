import type { z } from 'zod';
import { SettingsError } from '../client/settings.ts';
import { type KeyStore, openKeyStore } from '../codec/index.ts';
import { payloadFaults, payloadSettings, readSettings } from '../config.ts';

/** The key store of the settings; `undefined` where encryption is switched off. Throws {@link SettingsError}. */
export function keyStoreOf(settings: z.output<typeof payloadSettings>): KeyStore | undefined {
  const { PAYLOAD_ENCRYPTION, KEY_STORE_URL, PAYLOAD_RECIPIENTS, PAYLOAD_IDENTITY } = settings;
  if (PAYLOAD_ENCRYPTION === 'off' || !KEY_STORE_URL || !PAYLOAD_RECIPIENTS) return undefined;
  return openKeyStore({ url: KEY_STORE_URL, recipients: PAYLOAD_RECIPIENTS, identity: PAYLOAD_IDENTITY });
}

/** The key store of the environment; `undefined` where encryption is off, or nothing of it is set. Throws {@link SettingsError}. */
export function keyStoreOfSettings(): KeyStore | undefined {
  const settings = readSettings(payloadSettings);
  const { KEY_STORE_URL, PAYLOAD_RECIPIENTS, PAYLOAD_IDENTITY } = settings;
  if (!KEY_STORE_URL && !PAYLOAD_RECIPIENTS && !PAYLOAD_IDENTITY) return undefined;
  const faults = payloadFaults(settings);
  if (faults.length > 0) throw new SettingsError(faults.join('; '));
  return keyStoreOf(settings);
}
