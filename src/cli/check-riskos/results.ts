import type { RiskosError } from '../../riskos/index.ts';

/** One line of the checklist. Nothing in it is a value of a request or an answer but ids, codes and decision words. */
export interface CheckResult {
  group: 'candidates' | 'schema' | 'errors' | 'retries';
  check: string;
  expected: string;
  came: string;
  result: 'ok' | 'failed' | 'skipped';
  /** What to do, one line; of a failed one. */
  remedy?: string;
}

export type Judged = Pick<CheckResult, 'came' | 'result' | 'remedy'>;

export const ok = (came: string): Judged => ({ came, result: 'ok' });
export const skipped = (why: string): Judged => ({ came: why, result: 'skipped' });
export const failed = (came: string, remedy: string): Judged => ({ came, result: 'failed', remedy });

/** `DataRefused (HTTP 400, INVALID_REQUEST): candidate.email`. */
export function errorInWords({ type, status, code, fields }: RiskosError): string {
  const answer = [status === undefined ? undefined : `HTTP ${status}`, code].filter(Boolean).join(', ');
  return `${type}${answer && ` (${answer})`}${fields.length > 0 ? `: ${someOf(fields)}` : ''}`;
}

const most = 2;

export function someOf(names: string[]): string {
  const more = names.length - most;
  return `${names.slice(0, most).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

/** What to do about an error; `evaluationId` is that of a request that would change something. */
export function remedyOf(error: RiskosError, evaluationId?: string): string {
  if (error.evalId !== undefined) return `${error.action} (evaluation ${error.evalId})`;
  if (error.processed !== 'no') {
    const which = evaluationId === undefined ? 'it' : `the id ${evaluationId}`;
    return `it was perhaps processed, so it was not sent again: look for ${which} in the RiskOS dashboard`;
  }
  return error.action.replace(/^nothing(; )?/, 'try again later; ');
}
