import { Readable } from 'node:stream';
import { crc32, createInflateRaw } from 'node:zlib';
import { ZipRefusedError } from '../errors.ts';
import { entriesOf, type ZipEntry } from './entries.ts';
import type { Limits } from './limits.ts';
import { type Role, roleOf } from './roles.ts';
import { isArchive, sniff, type Sniffed } from './sniff.ts';

export interface UnzippedFile extends Sniffed {
  role: Role;
  /** Our own name, from role, number and sniffed type; never the name in the ZIP. */
  name: string;
  /** Bytes that the ZIP declares. */
  bytes: number;
  /** Unpacks while it is read, in small pieces. Throws {@link ZipRefusedError} when the bytes are not what the ZIP declared. */
  content(): AsyncGenerator<Uint8Array>;
}

/** The files of an untrusted ZIP, in order; only the first bytes of each have been unpacked. Throws {@link ZipRefusedError}. */
export async function unzip(bytes: Uint8Array, limits: Limits): Promise<UnzippedFile[]> {
  const counts = new Map<Role, number>();
  const files: UnzippedFile[] = [];
  for (const entry of await entriesOf(bytes, limits)) {
    const role = roleOf(entry.name);
    const head = await headOf(entry);
    if (isArchive(head, role)) throw new ZipRefusedError('nested_archive');
    const type = sniff(head);
    const number = (counts.get(role) ?? 0) + 1;
    counts.set(role, number);
    files.push({
      role,
      ...type,
      name: `${role}-${number}.${type.extension}`,
      bytes: entry.entry.uncompressedSize,
      content: () => contentOf(entry),
    });
  }
  return files;
}

/** As much as tells the type. */
const headBytes = 512;

async function headOf(entry: ZipEntry): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of unpacked(entry)) {
    chunks.push(chunk.subarray(0, headBytes));
    size += chunk.byteLength;
    if (size >= headBytes) break;
  }
  return Buffer.concat(chunks).subarray(0, headBytes);
}

async function* contentOf(listed: ZipEntry): AsyncGenerator<Uint8Array> {
  const { entry } = listed;
  let size = 0;
  let checksum = 0;
  for await (const chunk of unpacked(listed)) {
    size += chunk.byteLength;
    if (size > entry.uncompressedSize) throw new ZipRefusedError('size_mismatch');
    checksum = crc32(chunk, checksum);
    yield chunk;
  }
  if (size !== entry.uncompressedSize) throw new ZipRefusedError('size_mismatch');
  if (checksum !== entry.crc32) throw new ZipRefusedError('checksum_mismatch');
}

const pieceBytes = 64 * 1024;

async function* unpacked({ entry, packed }: ZipEntry): AsyncGenerator<Uint8Array> {
  if (entry.compressionMethod === 0) {
    yield* piecesOf(packed);
    return;
  }
  const inflating = createInflateRaw({ chunkSize: pieceBytes });
  try {
    const inflated: AsyncIterable<Uint8Array> = Readable.from(piecesOf(packed), { objectMode: false })
      .on('error', () => {})
      .pipe(inflating);
    yield* inflated;
  } catch (error) {
    throw new ZipRefusedError('damaged', { cause: error });
  } finally {
    inflating.destroy();
  }
}

function* piecesOf(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes);
}
