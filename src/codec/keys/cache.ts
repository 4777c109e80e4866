import type { KeyFound, KeyStore } from './store.ts';

/** Where a codec gets its keys from: at once where one is remembered, since each promise costs a worker more than a decryption. */
export interface KeySource {
  get(applicationId: string): KeyFound | Promise<KeyFound>;
}

/** Milliseconds that a key is remembered, so that an erased one is forgotten everywhere within a minute. */
const longest = 60_000;
const most = 2000;

/** Finds keys, and keeps them in memory for a minute. Those that look for one key at once share one read. */
export function cachedKeys(
  store: Pick<KeyStore, 'get'>,
  // Not the wall clock: one that is set back would keep an erased key for longer.
  now: () => number = () => performance.now(),
): KeySource & { forget(applicationId: string): void } {
  const known = new Map<string, Entry>();
  function drop(applicationId: string, entry = known.get(applicationId)): void {
    if (!entry || known.get(applicationId) !== entry) return;
    clearTimeout(entry.expiry);
    known.delete(applicationId);
  }
  return {
    get: (applicationId) => {
      const there = known.get(applicationId);
      // The timer can be late.
      if (there && now() - there.at < longest) return there.found;
      drop(applicationId);
      const found = store.get(applicationId);
      // A key that nobody asks for again leaves the memory, too.
      const expiry = setTimeout(() => drop(applicationId, entry), longest).unref();
      const entry: Entry = { at: now(), found, expiry };
      known.set(applicationId, entry);
      found.then(
        (key) => {
          // It may be made in the next moment.
          if (key.kind === 'missing') drop(applicationId, entry);
          else entry.found = key;
        },
        () => drop(applicationId, entry),
      );
      const oldest = known.keys().next();
      if (known.size > most && !oldest.done) drop(oldest.value);
      return found;
    },
    forget: drop,
  };
}

interface Entry {
  at: number;
  found: KeyFound | Promise<KeyFound>;
  expiry: NodeJS.Timeout;
}
