/**
 * The time of the current workflow task, in milliseconds since 1970. Deterministic: inside the sandbox Temporal
 * replaces `Date` by the history's time. The one place where workflow code asks for it.
 */
export function now(): number {
  return Date.now();
}

export function iso(at: number): string {
  return new Date(at).toISOString();
}
