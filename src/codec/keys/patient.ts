import { setTimeout as sleepFor } from 'node:timers/promises';
import { CodecError } from '../errors.ts';
import type { KeyFound, KeyStore } from './store.ts';

/** Milliseconds for which a store that is down is asked again before the task fails, and Temporal repeats that. */
const patience = 60_000;
const longestPause = 5000;

/** Milliseconds; less than the heartbeat timeout of any activity. */
const haste = 2000;

/**
 * The same keys, or `KeyStoreUnavailable` within two seconds. For arguments of activities: one that waited for its key would
 * be timed out by Temporal while it waits, and would then begin although the workflow has given it up.
 */
export function hastyKeys(keys: Pick<KeyStore, 'get'>): Pick<KeyStore, 'get'> {
  return {
    get: (applicationId) =>
      new Promise((resolve, reject) => {
        const late = setTimeout(() => {
          reject(new CodecError('KeyStoreUnavailable', `${applicationId}: no answer within ${haste} ms`));
        }, haste);
        keys
          .get(applicationId)
          .then(resolve, reject)
          .finally(() => clearTimeout(late));
      }),
  };
}

/** The same keys; a store that is down for a moment fails nothing. */
export function patientKeys(
  keys: Pick<KeyStore, 'get'>,
  {
    now = () => performance.now(),
    sleep = sleepFor,
  }: { now?: () => number; sleep?: (milliseconds: number) => Promise<unknown> } = {},
): Pick<KeyStore, 'get'> {
  return {
    get: async (applicationId): Promise<KeyFound> => {
      const until = now() + patience;
      for (let pause = 200; ; pause = Math.min(pause * 2, longestPause)) {
        try {
          return await keys.get(applicationId);
        } catch (error) {
          const isDown = error instanceof CodecError && error.type === 'KeyStoreUnavailable';
          if (!isDown || now() + pause > until) throw error;
        }
        await sleep(pause);
      }
    },
  };
}
