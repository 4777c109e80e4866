import type { KeyFound, KeyStore } from './store.ts';

/** Where a codec gets its keys from: at once where one is remembered, since each promise costs a worker more than a decryption. */
export interface KeySource {
  get(applicationId: string): KeyFound | Promise<KeyFound>;
}

/** Milliseconds that a key is remembered, so that an erased one is forgotten everywhere within a minute. */
const longest = 60_000;
const most = 2000;

/** Finds keys, and remembers them for a minute. Those that look for one key at once share one read. */
export function cachedKeys(
  store: Pick<KeyStore, 'get'>,
  // Not the wall clock: one that is set back would keep an erased key for longer.
  now: () => number = () => performance.now(),
): KeySource & { forget(applicationId: string): void } {
  const known = new Map<string, { at: number; found: KeyFound | Promise<KeyFound> }>();
  return {
    get: (applicationId) => {
      const entry = known.get(applicationId);
      if (entry && now() - entry.at < longest) return entry.found;
      const found = store.get(applicationId);
      known.delete(applicationId);
      const at = now();
      known.set(applicationId, { at, found });
      const mine = (): boolean => known.get(applicationId)?.found === found;
      const drop = (): void => {
        if (mine()) known.delete(applicationId);
      };
      found.then((key) => {
        // It may be made in the next moment.
        if (key.kind === 'missing') drop();
        else if (mine()) known.set(applicationId, { at, found: key });
      }, drop);
      const oldest = known.keys().next();
      if (known.size > most && !oldest.done) known.delete(oldest.value);
      return found;
    },
    forget: (applicationId) => {
      known.delete(applicationId);
    },
  };
}
