const pattern = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** What Temporal takes as a build id, and a shell and a metric's label without quoting. */
export function isBuildId(text: string): boolean {
  return pattern.test(text);
}

export const buildIdWords =
  'must have up to 100 letters, digits and . _ or -, and begin with a letter or digit';
