import { crc32, createInflateRaw } from 'node:zlib';
import { fromBufferPromise, validateFileName, type Entry, type ZipFile } from 'yauzl';
import { ArchiveError } from './errors.ts';

/** The most that one ZIP may hold. */
export interface Limits {
  /** Entries, directories among them. */
  files: number;
  /** Bytes of one unpacked file. */
  fileBytes: number;
  /** Bytes of all unpacked files together, and of the ZIP itself. */
  totalBytes: number;
  /** Unpacked bytes for each byte of the ZIP. */
  ratio: number;
}

export interface UnzippedFile {
  /** Ours, made of kind, index and an allowed extension: nothing of the ZIP's own name. */
  name: string;
  /** Unpacks while it is read, in small pieces. Throws {@link ArchiveError} `ZipInvalid` when the bytes are not what the ZIP declared. */
  content(): AsyncGenerator<Uint8Array>;
}

/**
 * The files of a hostile ZIP, in its order. All that it declares is checked before anything is unpacked. Throws
 * {@link ArchiveError} `ZipInvalid` or `ZipTooLarge`.
 */
export async function unzip(bytes: Uint8Array, limits: Limits): Promise<UnzippedFile[]> {
  if (bytes.byteLength > limits.totalBytes) throw tooLarge(`is larger than ${limits.totalBytes} bytes`);
  const entries = await readable(() => entriesOf(bytes, limits));
  const counts: Record<string, number> = {};
  return entries.flatMap(({ zip, entry, name }) => {
    if (name.endsWith('/')) return [];
    const kind = kindOf(name);
    const index = (counts[kind] = (counts[kind] ?? 0) + 1);
    return [{ name: `${kind}-${index}.${extensionOf(name)}`, content: () => contentOf(zip, entry) }];
  });
}

interface Listed {
  zip: ZipFile;
  entry: Entry;
  /** The ZIP's own name: read to tell the kind, and for nothing else. */
  name: string;
}

async function entriesOf(bytes: Uint8Array, limits: Limits): Promise<Listed[]> {
  // Names stay raw, since yauzl would put a bad one into its error message.
  const zip = await fromBufferPromise(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), {
    decodeStrings: false,
  });
  if (zip.entryCount > limits.files) throw tooLarge(`has more than ${limits.files} entries`);

  const listed: Listed[] = [];
  const extents: { start: number; end: number }[] = [];
  let total = 0;
  for await (const entry of zip.eachEntry()) {
    const name = checkedName(entry);
    if (entry.uncompressedSize > limits.fileBytes) {
      throw tooLarge(`has a file of more than ${limits.fileBytes} bytes`);
    }
    total += entry.uncompressedSize;
    if (total > limits.totalBytes) throw tooLarge(`unpacks to more than ${limits.totalBytes} bytes`);
    const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
    extents.push({ start: entry.relativeOffsetOfLocalHeader, end: fileDataStart + entry.compressedSize });
    listed.push({ zip, entry, name });
  }
  // Of the whole, since a blank scan among the pictures packs well and harms nobody.
  if (total > bytes.byteLength * limits.ratio)
    throw tooLarge(`unpacks to more than ${limits.ratio} times its size`);
  checkExtents(extents);
  return listed;
}

const fileType = { mask: 0o170000, regular: 0o100000, directory: 0o040000 } as const;

function checkedName(entry: Entry): string {
  // RiskOS's names are ASCII [doc]; any other byte only has to be harmless, so latin1 serves, which cannot fail.
  const name = entry.fileNameRaw.toString('latin1').replaceAll('\\', '/');
  if (name === '' || name.includes('\0') || validateFileName(name) !== null) {
    throw invalid('has an entry whose name is empty or leads out of its directory');
  }
  const type = (entry.externalFileAttributes >>> 16) & fileType.mask;
  const isDirectory = name.endsWith('/');
  if (type !== 0 && type !== (isDirectory ? fileType.directory : fileType.regular)) {
    throw invalid('has an entry that is neither a file nor a directory, such as a symbolic link');
  }
  if (isDirectory && entry.uncompressedSize > 0) throw invalid('has a directory with content');
  if (entry.isEncrypted()) throw invalid('has an encrypted entry');
  if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8) {
    throw invalid('has an entry that is neither stored nor deflated');
  }
  return name;
}

/** Entries that share bytes are how a small ZIP unpacks to a huge one. */
function checkExtents(extents: { start: number; end: number }[]): void {
  let free = 0;
  for (const { start, end } of extents.toSorted((a, b) => a.start - b.start)) {
    if (start < free) throw invalid('has entries that overlap');
    free = end;
  }
}

/** The ZIP's paths that RiskOS documents [doc]; the folder may vary between use cases [open]. */
const kinds: readonly [RegExp, string][] = [
  [/^user_uploaded\/[^/]+\/documentfront[^/]*$/i, 'document_front'],
  [/^user_uploaded\/[^/]+\/documentback[^/]*$/i, 'document_back'],
  [/^user_uploaded\/[^/]+\/doc_selfie[^/]*$/i, 'selfie'],
  [/^case_attachments\//i, 'attachment'],
];

function kindOf(name: string): string {
  return kinds.find(([pattern]) => pattern.test(name))?.[1] ?? 'other';
}

/** A list and not a pattern, because what follows the last dot of a person's file can be a person's name. */
const extensions: readonly string[] = (
  'jpg jpeg png webp heic heif gif bmp tif tiff pdf txt csv json xml rtf eml ' +
  'doc docx odt xls xlsx ods mp3 m4a wav mp4 mov webm'
).split(' ');

function extensionOf(name: string): string {
  const extension = /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase();
  return extension !== undefined && extensions.includes(extension) ? extension : 'bin';
}

async function* contentOf(zip: ZipFile, entry: Entry): AsyncGenerator<Uint8Array> {
  let size = 0;
  let checksum = 0;
  for await (const chunk of unpacked(zip, entry)) {
    size += chunk.byteLength;
    if (size > entry.uncompressedSize) throw invalid('has a file that is larger than declared');
    checksum = crc32(chunk, checksum);
    yield chunk;
  }
  if (size !== entry.uncompressedSize) throw invalid('has a file that is smaller than declared');
  if (checksum !== entry.crc32) throw invalid('has a file that does not match its checksum');
}

/** Raw from yauzl and inflated here: yauzl's own inflater is not freed when its reader stops early. */
async function* unpacked(zip: ZipFile, entry: Entry): AsyncGenerator<Uint8Array> {
  const raw = await readable(() => zip.openReadStreamPromise(entry, { decodeFileData: false }));
  const stream: AsyncIterable<Uint8Array> =
    entry.compressionMethod === 8 ? raw.pipe(createInflateRaw()) : raw;
  try {
    yield* stream;
  } catch (error) {
    throw unreadable(error);
  } finally {
    raw.destroy();
  }
}

async function readable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof ArchiveError ? error : unreadable(error);
  }
}

function unreadable(cause: unknown): ArchiveError {
  return new ArchiveError(
    'ZipInvalid',
    'The ZIP cannot be read: it is truncated, damaged or not a ZIP at all.',
    {
      cause,
    },
  );
}

function invalid(what: string): ArchiveError {
  return new ArchiveError('ZipInvalid', `The ZIP ${what}; nothing of it was kept.`);
}

function tooLarge(what: string): ArchiveError {
  return new ArchiveError('ZipTooLarge', `The ZIP ${what}; nothing of it was kept.`);
}
