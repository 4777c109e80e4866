import { readSettings, riskosSettings } from '../../config.ts';
import { type Finding, fault, ok, skipped, unlessUnset } from './finding.ts';
import { ask } from './http.ts';

/** Seconds. Access tokens, signatures of notices and S3 tolerate a few minutes; reading a Date is exact to a second. */
const tolerated = 60;

/** This machine's clock against the Date of RiskOS's answers. */
export async function lookAtClock(now: () => number = Date.now): Promise<Finding> {
  return unlessUnset('clock', ['RISKOS_BASE_URL'], async () => {
    const { RISKOS_BASE_URL } = readSettings(riskosSettings.pick({ RISKOS_BASE_URL: true }));
    const before = now();
    const answer = await ask(RISKOS_BASE_URL, { method: 'HEAD' });
    if (typeof answer === 'string') return skipped('clock', 'not compared: RiskOS does not answer');
    return clockFinding(answer.header('date'), (before + now()) / 2);
  });
}

/** `at` is milliseconds since 1970. */
export function clockFinding(date: string | undefined, at: number): Finding {
  const theirs = Date.parse(date ?? '');
  if (Number.isNaN(theirs)) return skipped('clock', 'not compared: the answer of RiskOS has no Date');
  const seconds = Math.round((at - theirs) / 1000);
  if (Math.abs(seconds) <= tolerated) return ok('clock', 'agrees with that of RiskOS');
  return fault(
    'clock',
    `is ${Math.abs(seconds)} seconds ${seconds > 0 ? 'ahead of' : 'behind'} that of RiskOS`,
    'synchronise it (NTP): access tokens, signed notices and S3 are refused by clocks that disagree',
  );
}
