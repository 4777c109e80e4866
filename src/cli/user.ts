import { userInfo } from 'node:os';

/** Who sits at this machine; a container may know no name for its user. */
export function userName(): string {
  try {
    return userInfo().username || 'unknown';
  } catch {
    return 'unknown';
  }
}
