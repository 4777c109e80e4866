import { setTimeout } from 'node:timers/promises';
import { CodecError } from '../errors.ts';
import type { KeyFound, KeyStore } from './store.ts';

/** Milliseconds for which a store that is down is asked again before the task fails, and Temporal repeats that. */
const patience = 60_000;
const longestPause = 5000;

/** The same keys; a store that is down for a moment fails nothing. */
export function patientKeys(
  keys: Pick<KeyStore, 'get'>,
  {
    now = () => performance.now(),
    sleep = setTimeout,
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
