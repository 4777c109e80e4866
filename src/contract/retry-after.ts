/**
 * The wait that a `Retry-After` asks for, in milliseconds: seconds, or an HTTP date, measured from `sent`. Not capped;
 * `undefined` if it cannot be parsed.
 */
export function parseRetryAfter(text: string, sent: Date): number | undefined {
  const value = text.trim();
  if (/^\d{1,12}(\.\d{1,9})?$/.test(value)) return Math.ceil(Number(value) * 1000);
  if (!/^[A-Za-z]{3}/.test(value)) return undefined;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - sent.getTime());
}
