import { createHash, randomBytes } from 'node:crypto';
import type { Storage } from '../storage/index.ts';
import type { FileEncrypter } from './encrypt.ts';
import { ArchiveError, ZipRefusedError } from './errors.ts';
import { type EvaluationRef, type Layout, layoutOf } from './layout.ts';
import { manifest as manifestSchema, type Manifest, readRecord, tombstone, written } from './records.ts';
import type { Limits } from './zip/limits.ts';
import { unzip, type UnzippedFile } from './zip/unzip.ts';

export interface NewImages extends EvaluationRef {
  /** RiskOS's id, for the manifest. */
  evalId?: string;
  /** Milliseconds until they are to be deleted, for the manifest. */
  keepFor?: number;
  zip: Uint8Array;
  /** Told of the bytes that have been encrypted so far. */
  onProgress?: (bytes: number) => void;
}

/** `deleted`: images of this evaluation were deleted, and are never stored again. */
export type Stored =
  { kind: 'archived'; manifest: Manifest } | { kind: 'no_images'; attachments: number } | { kind: 'deleted' };

export interface StoreParts {
  storage: Storage;
  encrypt: FileEncrypter;
  /** Fingerprints of the public keys. */
  recipients: readonly string[];
  limits: Limits;
  now: () => Date;
}

/**
 * Stores the files of a ZIP, each encrypted, in a folder of this run, and then the manifest unless another run was first.
 * A failure leaves nothing behind but what a kill leaves, and never removes a file that a manifest names.
 */
export async function storeImages(parts: StoreParts, images: NewImages): Promise<Stored> {
  const { storage, limits } = parts;
  const layout = layoutOf(images);
  const known = await archivedAlready(storage, layout, images);
  if (known) return known;
  const files = await unzip(images.zip, limits);
  const attachments = files.filter(({ role }) => role === 'attachment').length;
  if (attachments === files.length) return { kind: 'no_images', attachments };

  const run = randomBytes(8).toString('hex');
  let mayBeNamed = false;
  try {
    const manifest = await writeFiles(parts, images, { layout, run, files });
    mayBeNamed = true;
    const outcome = await storage.putIfAbsent(layout.manifest, written(manifestSchema, manifest));
    const standing = outcome === 'stored' ? manifest : await manifestOf(storage, layout, images);
    const stored: Stored =
      (await deletedSince(storage, layout)) || !standing
        ? { kind: 'deleted' }
        : { kind: 'archived', manifest: standing };
    await removeOthers(storage, layout, stored);
    return stored;
  } catch (error) {
    // A run that was faster has removed what this one was writing; or this one's manifest stands, and a later step failed.
    const standing = await archivedAlready(storage, layout, images).catch(() => undefined);
    // The first error is the one that says why; what cannot be removed now, `images sweep` finds.
    if (standing) await removeOthers(storage, layout, standing).catch(() => undefined);
    // A manifest whose answer was lost may still appear.
    else if (!mayBeNamed) await removeRun(storage, layout, run).catch(() => undefined);
    if (standing && !(error instanceof ZipRefusedError)) return standing;
    throw error;
  }
}

/** The manifest of an evaluation. Rejects with `ArchiveUnsafe` when it is another evaluation's. */
export async function manifestOf(
  storage: Storage,
  layout: Layout,
  { applicationId, evaluationId }: EvaluationRef,
): Promise<Manifest | undefined> {
  const found = await readRecord(storage, layout.manifest, manifestSchema);
  if (found && (found.applicationId !== applicationId || found.evaluationId !== evaluationId)) {
    throw new ArchiveError(
      'ArchiveUnsafe',
      "The manifest in the place of this evaluation is another's; nothing was changed. A file system that does not tell upper from lower case is one cause.",
    );
  }
  return found;
}

/** The result of an earlier run for the same evaluation. */
export async function archivedAlready(
  storage: Storage,
  layout: Layout,
  ref: EvaluationRef,
): Promise<Stored | undefined> {
  if (await deletedSince(storage, layout)) return { kind: 'deleted' };
  const manifest = await manifestOf(storage, layout, ref);
  return manifest && { kind: 'archived', manifest };
}

async function deletedSince(storage: Storage, layout: Layout): Promise<boolean> {
  return (await readRecord(storage, layout.deleted, tombstone)) !== undefined;
}

interface Writing {
  layout: Layout;
  run: string;
  files: UnzippedFile[];
}

async function writeFiles(parts: StoreParts, images: NewImages, writing: Writing): Promise<Manifest> {
  const { applicationId, evaluationId, evalId, keepFor } = images;
  const entries: Manifest['files'] = [];
  let encrypted = 0;
  for (const file of writing.files) {
    const key = writing.layout.file(writing.run, file.name);
    const onBytes = (bytes: number) => images.onProgress?.((encrypted += bytes));
    entries.push(await writeFile(parts, key, file, onBytes));
  }
  const archivedAt = parts.now();
  return {
    version: 1,
    applicationId,
    evaluationId,
    evalId: evalId ?? null,
    archivedAt: archivedAt.toISOString(),
    keepUntil: keepFor === undefined ? null : new Date(archivedAt.getTime() + keepFor).toISOString(),
    run: writing.run,
    recipients: [...parts.recipients],
    files: entries,
  };
}

async function writeFile(
  { storage, encrypt }: StoreParts,
  key: string,
  file: UnzippedFile,
  onBytes: (bytes: number) => void,
): Promise<Manifest['files'][number]> {
  const plain = measure();
  const stored = measure();
  const { name, role, contentType, bytes } = file;
  const pieces = measured(file.content(), (piece) => {
    plain.add(piece);
    onBytes(piece.byteLength);
  });
  await storage.putIfAbsent(key, measured(encrypt(pieces), stored.add));
  return { name, role, contentType, bytes, sha256: plain.sum().sha256, stored: stored.sum() };
}

function measure() {
  const sha256 = createHash('sha256');
  let bytes = 0;
  return {
    add: (piece: Uint8Array) => {
      sha256.update(piece);
      bytes += piece.byteLength;
    },
    sum: () => ({ bytes, sha256: sha256.digest('hex') }),
  };
}

async function* measured(
  pieces: AsyncIterable<Uint8Array>,
  add: (piece: Uint8Array) => void,
): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    add(piece);
    yield piece;
  }
}

/**
 * Removes the files of every run except the one that the manifest names: runs that were killed, and late ones that will
 * find a manifest. After a deletion there is no manifest, so all files are removed.
 */
async function removeOthers(storage: Storage, layout: Layout, stored: Stored): Promise<void> {
  if (stored.kind === 'deleted') await storage.delete(layout.manifest);
  const kept = stored.kind === 'archived' ? `${layout.prefix}${stored.manifest.run}/` : undefined;
  for await (const { key } of storage.list(layout.prefix, { leftovers: true })) {
    const inRun = /^[0-9a-f]{16}\//.test(key.slice(layout.prefix.length));
    if (inRun && (kept === undefined || !key.startsWith(kept))) await storage.delete(key);
  }
}

async function removeRun(storage: Storage, layout: Layout, run: string): Promise<void> {
  const keys = new Set<string>();
  for await (const { key } of storage.list(`${layout.prefix}${run}/`, { leftovers: true })) keys.add(key);
  for (const key of keys) await storage.delete(key);
}
