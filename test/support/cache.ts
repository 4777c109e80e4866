import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where programs that the tests need are kept, outside the repository. */
export function cacheFolder(): string {
  const { CANDIDATE_FUNNEL_CACHE: own, XDG_CACHE_HOME: xdg } = process.env;
  return own || join(xdg || join(homedir(), '.cache'), 'candidate-funnel');
}
