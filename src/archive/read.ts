import { createHash, randomBytes } from 'node:crypto';
import { type Storage } from '../storage/index.ts';
import { ArchiveError } from './errors.ts';
import { decrypterFor } from './keys.ts';
import { type EvaluationRef, layoutOf } from './layout.ts';
import {
  fetchRecord,
  type Manifest,
  tombstone,
  type Tombstone,
  readRecord,
  type Hold,
  written,
} from './records.ts';
import { holdOf } from './delete.ts';
import { manifestOf } from './store.ts';

/** What is known of the images of one evaluation. */
export interface Archived extends EvaluationRef {
  manifest: Manifest | undefined;
  hold: Hold | undefined;
  deleted: Tombstone | undefined;
}

export async function readArchived(storage: Storage, ref: EvaluationRef): Promise<Archived> {
  const layout = layoutOf(ref);
  const { applicationId, evaluationId } = ref;
  const [manifest, hold, deleted] = await Promise.all([
    manifestOf(storage, layout, ref),
    holdOf(storage, layout),
    readRecord(storage, layout.deleted, tombstone),
  ]);
  return { applicationId, evaluationId, manifest, hold, deleted };
}

/** Records who is about to decrypt the images: no record, no reading. */
export async function recordFetch(storage: Storage, ref: EvaluationRef, by: string, at: Date): Promise<void> {
  const key = layoutOf(ref).fetch(randomBytes(8).toString('hex'));
  await storage.putIfAbsent(key, written(fetchRecord, { by, at: at.toISOString() }));
}

interface OpenedImage {
  file: Manifest['files'][number];
  bytes: Uint8Array;
}

/**
 * Decrypts the files of an archive, one after the other, with the keys in the text of an identity file, and compares each
 * with the manifest. Rejects with {@link ArchiveError} `InvalidIdentity` or `ArchiveUnsafe`.
 */
export async function* openImages(
  storage: Storage,
  manifest: Manifest,
  identityFile: string,
): AsyncGenerator<OpenedImage> {
  const { decrypter, fingerprints } = await decrypterFor(identityFile);
  if (!manifest.recipients.some((recipient) => fingerprints.includes(recipient))) {
    throw new ArchiveError(
      'InvalidIdentity',
      `None of the keys in the identity file opens these images: they were encrypted to ${manifest.recipients.join(', ')} (the first 16 digits of the SHA-256 of each public key).`,
    );
  }
  const layout = layoutOf(manifest);
  for (const file of manifest.files) {
    const body = await storage.get(layout.file(manifest.run, file.name));
    if (!body) throw damaged(file.name, 'is missing');
    const pieces: Uint8Array[] = [];
    try {
      for await (const piece of await decrypter.decrypt(ReadableStream.from(body))) pieces.push(piece);
    } catch (error) {
      if (error instanceof Error && 'type' in error) throw error;
      throw damaged(file.name, 'does not decrypt');
    }
    const bytes = Buffer.concat(pieces);
    if (createHash('sha256').update(bytes).digest('hex') !== file.sha256) {
      throw damaged(file.name, 'is not what was archived');
    }
    yield { file, bytes };
  }
}

function damaged(name: string, what: string): ArchiveError {
  return new ArchiveError(
    'ArchiveUnsafe',
    `${name} ${what}; nothing was changed. Compare the storage with its backup.`,
  );
}
