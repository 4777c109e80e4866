import { isSet } from '../../client/settings.ts';
import { oneLine } from '../errors.ts';

/** One thing that was looked at. Nothing in it is a value of a setting, except a build id. */
export interface Finding {
  about: string;
  /** `warning`: it works, but may cause trouble later; the exit code stays 0. */
  result: 'ok' | 'warning' | 'fault' | 'skipped';
  says: string;
  /** What to do; only of a fault or a warning. */
  remedy: string | null;
}

export const ok = (about: string, says: string): Finding => ({ about, result: 'ok', says, remedy: null });
export const skipped = (about: string, says: string): Finding => ({
  about,
  result: 'skipped',
  says,
  remedy: null,
});
export const warning = (about: string, says: string, remedy: string): Finding => ({
  about,
  result: 'warning',
  says,
  remedy,
});
export const fault = (about: string, says: string, remedy: string): Finding => ({
  about,
  result: 'fault',
  says,
  remedy,
});

/** What `look` finds, where the settings that it needs are set. */
export async function unlessUnset(
  about: string,
  needed: string[],
  look: () => Promise<Finding>,
): Promise<Finding> {
  const unset = needed.filter((name) => !isSet(name));
  if (unset.length > 0) return skipped(about, `not set up here: ${unset.join(', ')} not set`);
  try {
    return await look();
  } catch (error) {
    return fault(about, oneLine(error), 'correct that');
  }
}
