import { setTimeout as sleepFor } from 'node:timers/promises';
import { CodecError } from '../errors.ts';
import type { KeySource } from './cache.ts';
import type { KeyFound } from './store.ts';

/** Milliseconds for which a store that is down is asked again before the task fails, and Temporal repeats that. */
const patience = 60_000;
const longestPause = 5000;

/** Milliseconds; less than the heartbeat timeout of any activity. */
const haste = 2000;

/**
 * The same keys, or `KeyStoreUnavailable` within two seconds. For arguments of activities: one that waited for its key would
 * be timed out by Temporal while it waits, and would then begin although the workflow has given it up.
 */
export function hastyKeys(keys: KeySource): KeySource {
  return {
    get: (applicationId) => {
      const found = keys.get(applicationId);
      return 'then' in found ? inTime(applicationId, found, haste) : found;
    },
  };
}

function inTime(applicationId: string, found: Promise<KeyFound>, milliseconds: number): Promise<KeyFound> {
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => {
      reject(new CodecError('KeyStoreUnavailable', `${applicationId}: no answer within ${milliseconds} ms`));
    }, milliseconds);
    found.then(resolve, reject).finally(() => clearTimeout(late));
  });
}

/** The same keys, or `KeyStoreUnavailable` within a minute; a store that is down for a moment fails nothing. */
export function patientKeys(
  keys: KeySource,
  {
    now = () => performance.now(),
    sleep = sleepFor,
  }: { now?: () => number; sleep?: (milliseconds: number) => Promise<unknown> } = {},
): KeySource {
  const inPatience = async (applicationId: string, first: Promise<KeyFound>): Promise<KeyFound> => {
    const until = now() + patience;
    let found: KeyFound | Promise<KeyFound> = first;
    for (let pause = 200; ; pause = Math.min(pause * 2, longestPause)) {
      try {
        return 'then' in found ? await inTime(applicationId, found, Math.ceil(until - now())) : found;
      } catch (error) {
        const isDown = error instanceof CodecError && error.type === 'KeyStoreUnavailable';
        if (!isDown || now() + pause > until) throw error;
      }
      await sleep(pause);
      found = keys.get(applicationId);
    }
  };
  return {
    get: (applicationId) => {
      const found = keys.get(applicationId);
      return 'then' in found ? inPatience(applicationId, found) : found;
    },
  };
}
