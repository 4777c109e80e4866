/** One thing that was looked at. Nothing in it is a value of a setting. */
export interface Finding {
  about: string;
  result: 'ok' | 'fault' | 'skipped';
  says: string;
  /** What to do; only of a fault. */
  remedy: string | null;
}

export const ok = (about: string, says: string): Finding => ({ about, result: 'ok', says, remedy: null });
export const skipped = (about: string, says: string): Finding => ({
  about,
  result: 'skipped',
  says,
  remedy: null,
});
export const fault = (about: string, says: string, remedy: string): Finding => ({
  about,
  result: 'fault',
  says,
  remedy,
});

/** One line of what was thrown. */
export function textOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split('\n', 1)[0] ?? text;
}
