import { z } from 'zod';
import { type Storage, readObject } from '../storage/index.ts';
import { ArchiveError } from './errors.ts';
import { roles } from './zip/roles.ts';

const time = z.iso.datetime();
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const bytes = z.int().min(0);
const who = z.string().min(1).max(200);
const why = z.string().min(1).max(1000);

/** What is archived of one evaluation: written last, so that an archive is whole or not there. */
export const manifest = z.object({
  version: z.literal(1),
  applicationId: z.string(),
  evaluationId: z.string(),
  /** RiskOS's id. */
  evalId: z.string().nullable(),
  archivedAt: time,
  /** When the images are deleted unless they are on hold; `null`: not known. */
  keepUntil: time.nullable(),
  /** The folder with the files. */
  run: z.string().regex(/^[0-9a-f]{16}$/),
  /** SHA-256 of each age public key that can open the files, the first 16 digits. */
  recipients: z.array(z.string().regex(/^[0-9a-f]{16}$/)),
  files: z.array(
    z.object({
      name: z.string().regex(/^[a-z_]+-\d{1,4}\.[a-z]{2,4}$/),
      role: z.enum(roles),
      contentType: z.string(),
      /** Of the image itself. */
      bytes,
      sha256: hash,
      /** Of the encrypted file, so that it can be checked without a key. */
      stored: z.object({ bytes, sha256: hash }),
    }),
  ),
});
export type Manifest = z.output<typeof manifest>;

export const hold = z.object({ by: who, reason: why, since: time });
export type Hold = z.output<typeof hold>;

export const release = z.object({ hold, by: who, reason: why, at: time });

/** Who decrypted the images, written before they did. */
export const fetchRecord = z.object({ by: who, at: time });

/** What remains of deleted images: the proof, and the reason why nothing is archived here again. */
export const tombstone = z.object({
  version: z.literal(1),
  applicationId: z.string(),
  evaluationId: z.string(),
  at: time,
  by: who,
  reason: why,
  /** Objects that were there when the deletion began. */
  objects: z.int().min(0),
  archivedAt: time.nullable(),
  /** Holds that had been released. */
  releases: z.array(release),
  /** Who had decrypted the images. */
  fetches: z.array(fetchRecord),
});
export type Tombstone = z.output<typeof tombstone>;

const recordBytes = 1024 * 1024;

/** A record by its key; undefined if there is none. Rejects with `ArchiveUnsafe` when it is not one of ours. */
export async function readRecord<T>(
  storage: Pick<Storage, 'get'>,
  key: string,
  schema: z.ZodType<T>,
): Promise<T | undefined> {
  const found = await readObject(storage, key, recordBytes);
  if (!found) return undefined;
  const parsed = schema.safeParse(parse(found));
  if (parsed.success) return parsed.data;
  throw new ArchiveError(
    'ArchiveUnsafe',
    `A record of the archive (${key}) is not as the archive wrote it; nothing was changed. Find out who changed it.`,
  );
}

/** The record as it is stored: JSON for people, too. Throws a ZodError for one that could not be read again. */
export function written<T>(schema: z.ZodType<T>, record: T): Uint8Array {
  return Buffer.from(`${JSON.stringify(schema.parse(record), null, 2)}\n`);
}

function parse(text: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(text).toString('utf8'));
  } catch {
    return undefined;
  }
}
