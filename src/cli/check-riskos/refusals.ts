import { holdsError } from '../../riskos/processed.ts';
import type { RiskosProblem } from '../../riskos/index.ts';
import { errorInWords, failed, type Judged, ok, remedyOf } from './results.ts';
import type { Limited, Outcome } from './session.ts';

/** Whether a request that must be refused is: as this error, for good, and with a body in one of the documented shapes. */
export function judgeRefusal(outcome: Outcome<unknown>, expected: RiskosProblem): Judged {
  const { error, seen } = outcome;
  if (!error) {
    return failed(
      `taken${seen ? ` (HTTP ${seen.status})` : ''}`,
      'RiskOS should have refused it: check the base URL, and any proxy that answers in its place',
    );
  }
  const came = errorInWords(error);
  if (error.type !== expected) return failed(came, remedyOf(error));
  if (!holdsError(seen?.body)) {
    return failed(
      `${came}, without a documented error body`,
      'check the base URL, and any proxy that answers in its place',
    );
  }
  return ok(came);
}

/** Whether RiskOS, where it asked for a wait, said for how long, and took the request after that. */
export function judgeWaits(limited: Limited[]): Judged {
  const [first] = limited;
  const waits = limited.length === 1 ? '1 wait' : `${limited.length} waits`;
  if (!first) return { came: 'RiskOS asked for none', result: 'skipped' };
  const givenUp = limited.find(({ waited }) => waited === undefined);
  if (givenUp) {
    const asked = givenUp.asked === undefined ? '' : `, it asks for ${Math.ceil(givenUp.asked / 1000)} s`;
    return failed(
      `given up${asked}`,
      'run it again later, when nothing else uses this key; the sandbox takes 1,000 requests a day',
    );
  }
  if (limited.some(({ asked }) => asked === undefined)) {
    return failed(
      `${waits}, without a length`,
      'X-Retry-After or Retry-After is missing or cannot be read: check any proxy; our own back-off was used',
    );
  }
  return ok(`${waits} as asked`);
}
