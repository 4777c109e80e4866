import { buffer } from 'node:stream/consumers';
import { crc32, deflateRawSync } from 'node:zlib';
import { ZipFile } from 'yazl';

/** The paths that RiskOS documents [doc]. */
export const paths = {
  front: 'user_uploaded/document_verification/documentfrontDoc_Front_1_blob.jpg',
  back: 'user_uploaded/document_verification/documentbackDoc_Back_1_blob.jpg',
  selfie: 'user_uploaded/vouched_id_verification/Doc_Selfie_1_blob.jpg',
} as const;

/** A ZIP as an honest program writes it. */
export async function goodZip(files: Record<string, Uint8Array>): Promise<Buffer> {
  const zip = new ZipFile();
  for (const [name, data] of Object.entries(files)) zip.addBuffer(Buffer.from(data), name);
  zip.end();
  return buffer(zip.outputStream);
}

/** One entry of {@link forgedZip}; what is left out is honest. */
export interface ForgedEntry {
  name: string | Uint8Array;
  data?: Uint8Array;
  /** Its bytes in the ZIP, where they are not those of an honest program. */
  packed?: Uint8Array;
  method?: number;
  flags?: number;
  /** Unix mode with its file type. */
  mode?: number;
  crc?: number;
  /** The declared unpacked size. */
  size?: number;
  compressedSize?: number;
  /** Where the central directory says that the local header is. */
  offset?: number;
  /** The central directory's extra field. */
  extra?: Uint8Array;
  /** The central directory's comment on it. */
  comment?: string;
  /** What the local header says instead. */
  local?: {
    name?: string;
    method?: number;
    flags?: number;
    crc?: number;
    size?: number;
    compressedSize?: number;
  };
}

export interface ForgedEnd {
  entryCount?: number;
  directoryOffset?: number;
  directorySize?: number;
  disk?: number;
  commentLength?: number;
  /** A ZIP64 end record with this number of entries. */
  zip64EntryCount?: bigint;
}

/** A ZIP made byte by byte, which can lie in every field. */
export function forgedZip(entries: readonly ForgedEntry[], end: ForgedEnd = {}): Buffer {
  const locals: Buffer[] = [];
  const centrals: Buffer[] = [];
  let position = 0;
  for (const entry of entries) {
    const name = Buffer.from(entry.name);
    const data = entry.data ?? new Uint8Array();
    const method = entry.method ?? 0;
    const packed = entry.packed ?? (method === 8 ? deflateRawSync(data) : data);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(entry.flags ?? 0, 2);
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE(entry.crc ?? crc32(data), 10);
    common.writeUInt32LE(entry.compressedSize ?? packed.length, 14);
    common.writeUInt32LE(entry.size ?? data.length, 18);
    common.writeUInt16LE(name.length, 22);
    const local = Buffer.concat([localHeader(entry, common, name), packed]);

    const extra = Buffer.from(entry.extra ?? []);
    common.writeUInt16LE(extra.length, 24);
    const comment = Buffer.from(entry.comment ?? '');
    const rest = Buffer.alloc(14);
    rest.writeUInt16LE(comment.length, 0);
    rest.writeUInt32LE(((entry.mode ?? 0o100644) << 16) >>> 0, 6);
    rest.writeUInt32LE(entry.offset ?? position, 10);
    centrals.push(
      Buffer.concat([Buffer.from('PK\x01\x02\x14\x03', 'latin1'), common, rest, name, extra, comment]),
    );
    locals.push(local);
    position += local.length;
  }
  const directory = Buffer.concat(centrals);
  const record = Buffer.alloc(18);
  record.writeUInt16LE(end.disk ?? 0, 0);
  record.writeUInt16LE(end.commentLength ?? 0, 16);
  record.writeUInt16LE(end.entryCount ?? entries.length, 4);
  record.writeUInt16LE(end.entryCount ?? entries.length, 6);
  record.writeUInt32LE(end.directorySize ?? directory.length, 8);
  record.writeUInt32LE(end.directoryOffset ?? position, 12);
  return Buffer.concat([
    ...locals,
    directory,
    ...(end.zip64EntryCount === undefined
      ? []
      : [zip64End(end.zip64EntryCount, position, position + directory.length)]),
    Buffer.from('PK\x05\x06', 'latin1'),
    record,
  ]);
}

function localHeader({ local = {} }: ForgedEntry, common: Buffer, name: Buffer): Buffer {
  const own = Buffer.from(common);
  const ownName = local.name === undefined ? name : Buffer.from(local.name);
  if (local.flags !== undefined) own.writeUInt16LE(local.flags, 2);
  if (local.method !== undefined) own.writeUInt16LE(local.method, 4);
  if (local.crc !== undefined) own.writeUInt32LE(local.crc, 10);
  if (local.compressedSize !== undefined) own.writeUInt32LE(local.compressedSize, 14);
  if (local.size !== undefined) own.writeUInt32LE(local.size, 18);
  own.writeUInt16LE(ownName.length, 22);
  return Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), own, ownName]);
}

function zip64End(entryCount: bigint, directoryOffset: number, position: number): Buffer {
  const record = Buffer.alloc(56);
  record.write('PK\x06\x06', 'latin1');
  record.writeBigUInt64LE(44n, 4);
  record.writeBigUInt64LE(entryCount, 24);
  record.writeBigUInt64LE(entryCount, 32);
  record.writeBigUInt64LE(BigInt(directoryOffset), 48);
  const locator = Buffer.alloc(20);
  locator.write('PK\x06\x07', 'latin1');
  locator.writeBigUInt64LE(BigInt(position), 8);
  return Buffer.concat([record, locator]);
}

/** The extra field in which a ZIP64 entry declares its sizes. */
export function zip64Sizes(size: bigint, compressedSize: bigint): Buffer {
  const extra = Buffer.alloc(20);
  extra.writeUInt16LE(1, 0);
  extra.writeUInt16LE(16, 2);
  extra.writeBigUInt64LE(size, 4);
  extra.writeBigUInt64LE(compressedSize, 12);
  return extra;
}
