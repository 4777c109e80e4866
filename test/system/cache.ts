import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where the programs that these tests build are kept; outside the clone, so that each is built once for a user. */
export function cacheFolder(): string {
  const { CANDIDATE_FUNNEL_CACHE: own, XDG_CACHE_HOME: xdg } = process.env;
  return own || join(xdg || join(homedir(), '.cache'), 'candidate-funnel');
}
