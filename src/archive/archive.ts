import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { describeIssues } from '../contract/index.ts';
import { directoryArchive } from './directory.ts';
import { ArchiveError } from './errors.ts';
import { encrypterFor } from './keys.ts';
import type { Limits } from './unzip.ts';

/** Whose images, of which evaluation. */
export interface EvaluationRef {
  applicationId: string;
  evaluationId: string;
}

/** Where images are kept, each encrypted with age. All three can be repeated, and reject with {@link ArchiveError}. */
export interface Archive {
  /**
   * Stores the files of RiskOS's ZIP. A second run for the same evaluation replaces the first; one that fails
   * changes nothing and leaves nothing behind. `files` are the names in the archive, sorted.
   */
  store(images: EvaluationRef & { zip: Uint8Array }): Promise<{ count: number; files: string[] }>;
  /** Deletes what was stored for the evaluation, and what a killed run left; `removed` counts files. */
  remove(evaluation: EvaluationRef): Promise<{ removed: number }>;
  /** The names in the archive, sorted; none if nothing is stored. */
  list(evaluation: EvaluationRef): Promise<string[]>;
}

interface ArchiveOptions {
  /** `file:///absolute/directory`; it is made when it is first needed. */
  url: string;
  /** age public keys (`age1…`), at least one: each of their owners can open each file. */
  recipients: readonly string[];
  /** Caps for one ZIP: by default 100 entries, 64 MiB a file, 256 MiB in all, 100 times the ZIP's size. */
  limits?: Partial<Limits>;
}

/** Throws {@link ArchiveError} `InvalidArchiveUrl`, `InvalidRecipient` or `InvalidLimits`. Touches no disk. */
export function openArchive({ url, recipients, limits = {} }: ArchiveOptions): Archive {
  const directory = directoryOf(url);
  return directoryArchive(directory, encrypterFor(recipients), parseLimits(limits));
}

function directoryOf(text: string): string {
  if (/^s3:/i.test(text)) throw invalidUrl('s3:// is not supported yet: only file:///absolute/directory is');
  // The text is looked at as well, because URL makes file:///relative of "file:relative".
  if (!text.startsWith('file:///'))
    throw invalidUrl('must be file:///absolute/directory, with three slashes');
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || url.search !== '' || url.hash !== '') {
    throw invalidUrl('must be file:///absolute/directory, with ? and # written as %3F and %23');
  }
  const path = pathOf(url);
  if (path === undefined) throw invalidUrl('has %2F, %00 or a broken % escape in its path');
  if (/^\/*$/.test(path)) throw invalidUrl('must name a directory of its own, not the root');
  return path;
}

function pathOf(url: URL): string | undefined {
  try {
    const path = fileURLToPath(url);
    return path.includes('\0') ? undefined : path;
  } catch {
    return undefined;
  }
}

function invalidUrl(what: string): ArchiveError {
  return new ArchiveError('InvalidArchiveUrl', `The archive's URL ${what}.`);
}

const cap = z.int().positive();
const limitsSchema = z.strictObject({
  files: cap.default(100),
  fileBytes: cap.default(64 * 1024 ** 2),
  totalBytes: cap.default(256 * 1024 ** 2),
  ratio: cap.default(100),
});

function parseLimits(limits: Partial<Limits>): Limits {
  const parsed = limitsSchema.safeParse(limits);
  if (!parsed.success) throw new ArchiveError('InvalidLimits', describeIssues(parsed.error, 'limits'));
  return parsed.data;
}
