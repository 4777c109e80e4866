import { z } from 'zod';
import { describeIssues } from '../../contract/index.ts';
import { ArchiveError } from '../errors.ts';

const cap = z.int().positive();
const mebibyte = 1024 ** 2;

const limits = z.strictObject({
  /** Bytes of the ZIP. */
  zipBytes: cap.default(64 * mebibyte),
  /** Entries, folders among them; the manifest of more might be larger than a record may be. */
  files: cap.max(1000).default(100),
  /** Bytes of one unpacked file. */
  fileBytes: cap.default(64 * mebibyte),
  /** Bytes of all unpacked files together. */
  totalBytes: cap.default(256 * mebibyte),
  /** Unpacked bytes for each byte of the ZIP. */
  ratio: cap.default(100),
  /** Bytes of a name. */
  nameBytes: cap.default(255),
});

/** The most that one ZIP may hold. */
export type Limits = z.output<typeof limits>;

/** Fills in the defaults. Throws {@link ArchiveError} `InvalidLimits`. */
export function parseLimits(given: Partial<Limits>): Limits {
  const parsed = limits.safeParse(given);
  if (!parsed.success) throw new ArchiveError('InvalidLimits', describeIssues(parsed.error, 'limits'));
  return parsed.data;
}
