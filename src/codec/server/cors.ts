/** A header that pages of other origins may send: what Temporal's UI sends, and our own. */
const headers = 'content-type, x-namespace, x-workflow-id, authorization, authorization-extras';

/**
 * The headers that let a page of a configured origin read an answer; `undefined` for a page of any other origin, which is
 * refused. A request without an origin is of no page.
 */
export function corsHeaders(
  origin: string | undefined,
  origins: readonly string[],
): Record<string, string> | undefined {
  if (origin === undefined) return { vary: 'origin' };
  if (!origins.includes(origin)) return undefined;
  return {
    vary: 'origin',
    'access-control-allow-origin': origin,
    'access-control-allow-credentials': 'true',
    // A page may say how long it must wait.
    'access-control-expose-headers': 'retry-after',
  };
}

/** What an OPTIONS is answered in addition. */
export const preflightHeaders = {
  'access-control-allow-methods': 'POST',
  'access-control-allow-headers': headers,
  'access-control-max-age': '600',
};
