import type { KeyFound, KeyStore } from './store.ts';

/** Milliseconds that a key is remembered, so that an erased one is forgotten everywhere within a minute. */
const longest = 60_000;
const most = 2000;

/** Finds keys, and remembers them for a minute. Those that look for one key at once share one read. */
export function cachedKeys(
  store: Pick<KeyStore, 'get'>,
  // Not the wall clock: one that is set back would keep an erased key for longer.
  now: () => number = () => performance.now(),
): Pick<KeyStore, 'get'> & { forget(applicationId: string): void } {
  const known = new Map<string, { at: number; found: Promise<KeyFound> }>();
  return {
    get: (applicationId) => {
      const entry = known.get(applicationId);
      if (entry && now() - entry.at < longest) return entry.found;
      const found = store.get(applicationId);
      known.delete(applicationId);
      known.set(applicationId, { at: now(), found });
      const drop = (): void => {
        if (known.get(applicationId)?.found === found) known.delete(applicationId);
      };
      found.then(({ kind }) => {
        // It may be made in the next moment.
        if (kind === 'missing') drop();
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
