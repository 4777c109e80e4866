import { randomBytes } from 'node:crypto';
import type { z } from 'zod';
import { ageWrapper, CodecError, type KeyStore } from '../../codec/index.ts';
import { payloadFaults, payloadSettings, readSettings } from '../../config.ts';
import { keyStoreAt } from '../payload-keys.ts';
import { type Finding, fault, ok, skipped, unlessUnset } from './finding.ts';

type Settings = z.output<typeof payloadSettings>;

const about = 'key store';
const remedy = 'correct that; docs/encryption.md has the ceremony of the keys';

/** Keys that are opened for a trial; `keys check` opens all. */
const sample = 3;

/** By a trial: an object is written, read and deleted, something is wrapped and unwrapped, and some keys are opened. */
export async function lookAtKeyStore(): Promise<Finding> {
  return unlessUnset(about, ['KEY_STORE_URL'], async () => {
    const settings = readSettings(payloadSettings);
    if (settings.PAYLOAD_ENCRYPTION === 'off') return skipped(about, 'encryption is switched off here');
    const {
      KEY_STORE_URL: url = '',
      PAYLOAD_RECIPIENTS: recipients = [],
      PAYLOAD_IDENTITY: identity,
    } = settings;
    const missing = payloadFaults({ ...settings, PAYLOAD_IDENTITY: identity ?? '' });
    if (missing.length > 0) return fault(about, missing.join('; '), remedy);
    const store = keyStoreAt({
      KEY_STORE_URL: url,
      PAYLOAD_RECIPIENTS: recipients,
      PAYLOAD_IDENTITY: identity,
    });
    try {
      await store.tryOut();
      if (identity === undefined) {
        return ok(about, 'can be written; without PAYLOAD_IDENTITY_FILE, keys can be made and not read here');
      }
      return (await misfit(settings)) ?? (await opened(store));
    } finally {
      store.close();
    }
  });
}

/** A key that is made now must open again. */
async function misfit({ PAYLOAD_RECIPIENTS = [], PAYLOAD_IDENTITY }: Settings): Promise<Finding | undefined> {
  const wrapper = ageWrapper(PAYLOAD_RECIPIENTS, PAYLOAD_IDENTITY);
  try {
    await wrapper.unwrap(await wrapper.wrap(randomBytes(32)));
    return undefined;
  } catch {
    const what = 'no identity of PAYLOAD_IDENTITY_FILE opens what is encrypted to PAYLOAD_RECIPIENTS';
    return fault(about, what, remedy);
  }
}

async function opened(store: KeyStore): Promise<Finding> {
  let count = 0;
  for await (const applicationId of store.list()) {
    try {
      await store.get(applicationId);
    } catch (error) {
      if (!(error instanceof CodecError) || error.type !== 'KeyUnreadable') throw error;
      return fault(about, error.message, 'run "candidate-funnel keys check", which looks at all keys');
    }
    count += 1;
    if (count === sample) break;
  }
  const none = async () =>
    (await store.isEmpty())
      ? 'it is empty, as expected only before the first candidate'
      : 'it has no keys left';
  const keys = count === 0 ? await none() : count === 1 ? '1 key opens' : `${count} keys open`;
  return ok(about, `can be written and read; ${keys}${count === sample ? ', of those looked at' : ''}`);
}
