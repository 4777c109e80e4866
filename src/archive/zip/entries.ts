import { type Entry, fromBufferPromise, type LocalFileHeader, validateFileName } from 'yauzl';
import type { ZipRefusal } from '../../contract/index.ts';
import { ZipRefusedError } from '../errors.ts';
import type { Limits } from './limits.ts';
import { endSize, locateZip, type LocatedZip } from './locate.ts';

export interface ZipEntry {
  entry: Entry;
  /** The ZIP's own name: read to tell the role, and for nothing else. */
  name: string;
  /** The packed bytes, a view of the ZIP. */
  packed: Uint8Array;
}

/** The files that a ZIP declares, in its order, with every declaration checked. Throws {@link ZipRefusedError}. */
export async function entriesOf(bytes: Uint8Array, limits: Limits): Promise<ZipEntry[]> {
  if (bytes.byteLength > limits.zipBytes) throw new ZipRefusedError('zip_too_large');
  const located = locateZip(bytes);
  if (located.entries > limits.files) throw new ZipRefusedError('too_many_files');
  try {
    return await listed(located, limits);
  } catch (error) {
    throw error instanceof ZipRefusedError ? error : new ZipRefusedError(refusalOf(error), { cause: error });
  }
}

async function listed({ bytes, directory }: LocatedZip, limits: Limits): Promise<ZipEntry[]> {
  // Names stay raw, since yauzl would put a bad one into its error message; sizes are checked here, by name.
  const zip = await fromBufferPromise(bytes, { decodeStrings: false, validateEntrySizes: false });
  // yauzl takes the last end record, which may be in the comment of the one that was checked.
  if (bytes.length - endSize - zip.comment.length !== directory.end)
    throw new ZipRefusedError('header_mismatch');
  const found: ZipEntry[] = [];
  const extents = [directory];
  const names = new Set<string>();
  let [total, directorySize] = [0, 0];
  for await (const entry of zip.eachEntry()) {
    const name = checkedName(entry, limits);
    checkEntry(entry, limits);
    const plain = name
      .split('/')
      .filter((part) => part !== '' && part !== '.')
      .join('/');
    if (names.has(plain)) throw new ZipRefusedError('duplicate_name');
    names.add(plain);
    total += entry.uncompressedSize;
    if (total > limits.totalBytes) throw new ZipRefusedError('content_too_large');
    const header = await zip.readLocalFileHeaderPromise(entry);
    if (contradicts(entry, header)) throw new ZipRefusedError('header_mismatch');
    const [start, end] = [header.fileDataStart, header.fileDataStart + entry.compressedSize];
    extents.push({ start: entry.relativeOffsetOfLocalHeader, end });
    directorySize += 46 + entry.fileNameLength + entry.extraFieldLength + entry.fileCommentLength;
    if (!isFolder(entry, name)) found.push({ entry, name, packed: bytes.subarray(start, end) });
  }
  if (directorySize !== directory.end - directory.start) throw new ZipRefusedError('header_mismatch');
  // The ratio of the whole ZIP, because a single blank scan compresses well and is harmless.
  if (total > bytes.length * limits.ratio) throw new ZipRefusedError('ratio_too_high');
  if (overlap(extents)) throw new ZipRefusedError('overlapping_entries');
  return found;
}

function checkedName(entry: Entry, { nameBytes }: Limits): string {
  if (entry.fileNameRaw.length > nameBytes) throw new ZipRefusedError('name_too_long');
  // RiskOS's names are ASCII [doc]; any other byte only has to be harmless, so latin1 serves, which cannot fail.
  const name = entry.fileNameRaw.toString('latin1').replaceAll('\\', '/');
  if (name === '' || name.includes('\0') || validateFileName(name) !== null) {
    throw new ZipRefusedError('unsafe_name');
  }
  return name;
}

const fileType = { mask: 0o170000, regular: 0o100000, directory: 0o040000 } as const;

function typeOf(entry: Entry): number {
  return (entry.externalFileAttributes >>> 16) & fileType.mask;
}

function isFolder(entry: Entry, name: string): boolean {
  return entry.uncompressedSize === 0 && (name.endsWith('/') || typeOf(entry) === fileType.directory);
}

function checkEntry(entry: Entry, { fileBytes }: Limits): void {
  const type = typeOf(entry);
  if (type !== 0 && type !== fileType.regular && type !== fileType.directory) {
    throw new ZipRefusedError('not_a_file');
  }
  const folder = type === fileType.directory || entry.fileNameRaw.at(-1) === 0x2f;
  if (folder && entry.uncompressedSize > 0) throw new ZipRefusedError('not_a_file');
  if (entry.isEncrypted()) throw new ZipRefusedError('encrypted');
  if (entry.compressionMethod !== 0 && entry.compressionMethod !== 8) {
    throw new ZipRefusedError('unsupported_compression');
  }
  if (entry.extraFields.some(({ id }) => id === zip64Field)) throw new ZipRefusedError('zip64');
  if (entry.uncompressedSize > fileBytes) throw new ZipRefusedError('file_too_large');
  if (entry.compressionMethod === 0 && entry.compressedSize !== entry.uncompressedSize) {
    throw new ZipRefusedError('size_mismatch');
  }
}

const zip64Field = 1;
/** The flag of entries whose sizes and checksum come after their data, so that the local header has none. */
const sizesFollow = 0x8;

/** Readers that believe one header and readers that believe the other would see different files. */
function contradicts(entry: Entry, header: LocalFileHeader): boolean {
  const sizes =
    header.compressedSize === entry.compressedSize &&
    header.uncompressedSize === entry.uncompressedSize &&
    header.crc32 === entry.crc32;
  const open = (header.generalPurposeBitFlag & sizesFollow) !== 0;
  const unset = header.compressedSize === 0 && header.uncompressedSize === 0 && header.crc32 === 0;
  return (
    !header.fileName.equals(entry.fileNameRaw) ||
    header.compressionMethod !== entry.compressionMethod ||
    (header.generalPurposeBitFlag & 1) !== (entry.generalPurposeBitFlag & 1) ||
    !(sizes || (open && unset))
  );
}

/** Entries that share bytes are how a small ZIP unpacks to a huge one. */
function overlap(extents: { start: number; end: number }[]): boolean {
  let free = 0;
  return extents
    .toSorted((one, other) => one.start - other.start)
    .some(({ start, end }) => {
      const shares = start < free;
      free = Math.max(free, end);
      return shares;
    });
}

/** yauzl's sentences in our words. */
function refusalOf(error: unknown): ZipRefusal {
  const text = error instanceof Error ? error.message : '';
  if (/encrypt/i.test(text)) return 'encrypted';
  if (/zip64/i.test(text)) return 'zip64';
  if (/local file header signature/i.test(text)) return 'header_mismatch';
  if (/overflows file bounds|unexpected EOF/i.test(text)) return 'truncated';
  return 'damaged';
}
