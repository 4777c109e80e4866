import type { IncomingHttpHeaders } from 'node:http';
import { type NoticeProblem, parseRetryAfter } from '../contract/index.ts';
import { NotifyError } from './errors.ts';

/** No wait that a receiver asks for is believed beyond this, in milliseconds. */
const longestRetryAfter = 60 * 60_000;

/** What the answer of a receiver means; `undefined`: it took the notice. Its body is never read. */
export function errorOfAnswer(
  { status, headers }: { status: number; headers: IncomingHttpHeaders },
  url: URL,
  now: Date,
): NotifyError | undefined {
  if (status >= 200 && status < 300) return undefined;
  const type = problemOf(status);
  return new NotifyError(type, {
    status,
    retryAfter: retryAfterOf(headers, now),
    note: type === 'Redirected' ? targetInWords(headers.location, url) : undefined,
  });
}

const byStatus: Partial<Record<number, NoticeProblem>> = {
  401: 'SignatureRefused',
  403: 'SignatureRefused',
  404: 'NotFound',
  408: 'TimedOut',
  409: 'Busy',
  410: 'Gone',
  413: 'TooLarge',
  423: 'Busy',
  425: 'Busy',
  429: 'Busy',
};

function problemOf(status: number): NoticeProblem {
  if (status < 200 || status > 599) return 'MalformedAnswer';
  if (status < 400) return 'Redirected';
  if (status >= 500) return 'ServerError';
  return byStatus[status] ?? 'Refused';
}

/** Seconds, or an HTTP date, which is compared with the answer's own `Date` header. */
function retryAfterOf(headers: IncomingHttpHeaders, now: Date): number | undefined {
  const sent = Date.parse(String(headers.date));
  const wait = parseRetryAfter(headers['retry-after'] ?? '', Number.isNaN(sent) ? now : new Date(sent));
  return wait === undefined ? undefined : Math.min(wait, longestRetryAfter);
}

/** Paths and queries are not repeated: many receivers have a secret there. */
function targetInWords(location: string | undefined, from: URL): string {
  if (location === undefined || !URL.canParse(location, from.href)) return 'it does not say where to';
  const to = new URL(location, from.href);
  const host = to.origin === from.origin ? '' : ` ${to.origin}`;
  if (to.pathname === from.pathname) return host ? `to${host}, same path` : 'to itself, with another query';
  const slash =
    to.pathname === `${from.pathname}/` ? 'the same path with a slash at its end' : 'another path';
  return host ? `to${host}, ${slash}` : `to ${slash}`;
}
