import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import type { Limits } from '../../src/archive/index.ts';
import type { ZipRefusal } from '../../src/contract/index.ts';
import { forgedZip, paths, zip64Sizes } from './zips.ts';

/** A ZIP that must be refused, and for which reason. */
export interface HostileZip {
  kind: string;
  zip: Uint8Array;
  reason: ZipRefusal;
  limits?: Partial<Limits>;
}

/** What a message must never repeat. */
export const secretName = 'jane-roe-1999';

export const picture = Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0]), randomBytes(9_996)]);
const good = { name: paths.front, data: picture } as const;
const path = `user_uploaded/${secretName}.jpg`;
const zeros = Buffer.alloc(1_000_000);
const inner = forgedZip([good]);
const end = inner.length - 22;

const names: [string, string | Uint8Array, ZipRefusal?][] = [
  ['a name that climbs out', `../../${secretName}.jpg`],
  ['a name that climbs out from within', `user_uploaded/../../../${secretName}.jpg`],
  ['a name that is only dots', '..'],
  ['a name that climbs out with backslashes', `..\\..\\${secretName}.jpg`],
  ['an absolute name', `/etc/${secretName}`],
  ['an absolute name with a backslash', `\\${secretName}`],
  ['a name with a drive', `C:\\${secretName}`],
  ['a name with a NUL', `user_uploaded/${secretName}\0.jpg`],
  ['an empty name', ''],
  ['a name of 60,000 bytes', 'a'.repeat(60_000), 'name_too_long'],
  ['a name of 256 bytes', 'a'.repeat(256), 'name_too_long'],
];

/** Each beside a good file, so that nothing of that one may be kept either. */
const entries: [string, object, ZipRefusal][] = [
  ['a symbolic link', { data: Buffer.from('/etc/passwd'), mode: 0o120777 }, 'not_a_file'],
  ['a device', { mode: 0o060644 }, 'not_a_file'],
  ['a socket', { mode: 0o140644 }, 'not_a_file'],
  ['a FIFO', { mode: 0o010644 }, 'not_a_file'],
  ['a file that is a folder by its mode', { data: picture, mode: 0o040755 }, 'not_a_file'],
  ['an encrypted entry', { data: picture, flags: 1 }, 'encrypted'],
  ['a strongly encrypted entry', { data: picture, flags: 0x41 }, 'encrypted'],
  ['bzip2', { data: picture, method: 12 }, 'unsupported_compression'],
  ['AES by method', { data: picture, method: 99 }, 'unsupported_compression'],
  ['a wrong checksum', { data: picture, crc: 1 }, 'checksum_mismatch'],
  ['a deflated file that is larger than it says', { data: picture, method: 8, size: 9_999 }, 'size_mismatch'],
  [
    'a deflated file that is smaller than it says',
    { data: picture, method: 8, size: 10_001 },
    'size_mismatch',
  ],
  ['a bomb that says it is small', { data: zeros, method: 8, size: 2_000 }, 'size_mismatch'],
  ['a stored file of two sizes', { data: picture, size: 9_999 }, 'size_mismatch'],
  ['an entry that ends beyond the ZIP', { data: picture, size: 90_000, compressedSize: 90_000 }, 'truncated'],
  ['an entry that begins beyond the ZIP', { data: picture, offset: 0x7fffffff }, 'truncated'],
  ['an entry that begins in another', { data: picture, offset: 50 }, 'header_mismatch'],
  ['deflated data that stops early', { data: picture, method: 8, compressedSize: 100 }, 'damaged'],
  [
    'an extra field that is longer than it is',
    { data: picture, extra: Buffer.from([9, 0, 99, 0]) },
    'damaged',
  ],
  ['another name in the local header', { data: picture, local: { name: 'other.jpg' } }, 'header_mismatch'],
  ['another method in the local header', { data: picture, local: { method: 8 } }, 'header_mismatch'],
  ['another size in the local header', { data: picture, local: { size: 5 } }, 'header_mismatch'],
  ['another checksum in the local header', { data: picture, local: { crc: 5 } }, 'header_mismatch'],
  ['an encryption flag in the local header', { data: picture, local: { flags: 1 } }, 'header_mismatch'],
  ['sizes in the ZIP64 field', { data: picture, extra: zip64Sizes(10_000n, 10_000n) }, 'zip64'],
  ['ZIP64 sizes that lie', { data: picture, size: 0xffffffff, compressedSize: 0xffffffff }, 'file_too_large'],
  ['a ZIP', { data: inner }, 'nested_archive'],
  ['a gzip file', { data: gzipSync(picture) }, 'nested_archive'],
  ['a tar file', { data: tarOf(picture) }, 'nested_archive'],
];

function tarOf(data: Buffer): Buffer {
  const head = Buffer.alloc(512);
  head.write('ustar', 257);
  return Buffer.concat([head, data]);
}

const kernel = { name: 'a', data: picture };
const three = [1, 2, 3].map((index) => ({ name: `${index}.jpg`, data: picture }));
const text = Buffer.alloc(10_000, 'text ');

/** At least thirty kinds of hostile or broken ZIPs. */
export const hostileZips: readonly HostileZip[] = [
  ...names.map(([kind, name, reason = 'unsafe_name' as const]) => ({
    kind,
    zip: forgedZip([good, { name, data: picture }]),
    reason,
  })),
  ...entries.map(([kind, entry, reason]) => ({
    kind,
    zip: forgedZip([good, { name: path, ...entry }]),
    reason,
  })),
  { kind: 'no bytes', zip: Buffer.alloc(0), reason: 'not_a_zip' },
  { kind: 'HTML', zip: Buffer.from('<!doctype html><title>502 Bad Gateway</title>'), reason: 'not_a_zip' },
  { kind: 'zeros', zip: Buffer.alloc(10_000), reason: 'not_a_zip' },
  { kind: 'a ZIP cut in the middle', zip: inner.subarray(0, 5_000), reason: 'truncated' },
  { kind: 'a ZIP cut in its end record', zip: inner.subarray(0, inner.length - 5), reason: 'truncated' },
  { kind: 'a ZIP whose beginning is missing', zip: inner.subarray(100), reason: 'truncated' },
  { kind: 'a ZIP whose central directory is overwritten', zip: overwritten(), reason: 'damaged' },
  {
    kind: 'a truncated ZIP with a whole one in it',
    zip: Buffer.concat([forgedZip([{ name: path, data: inner }]).subarray(0, inner.length + 80)]),
    reason: 'truncated',
  },
  {
    kind: 'fewer entries than there are',
    zip: forgedZip([...three], { entryCount: 2 }),
    reason: 'header_mismatch',
  },
  {
    kind: 'many entries that only an end record within the comment declares',
    zip: twoEnds(150),
    reason: 'header_mismatch',
  },
  { kind: 'more entries than there are', zip: forgedZip([...three], { entryCount: 4 }), reason: 'truncated' },
  {
    kind: 'a comment that is longer than it is',
    zip: forgedZip([good], { commentLength: 9 }),
    reason: 'truncated',
  },
  { kind: 'a part of several', zip: forgedZip([good], { disk: 1 }), reason: 'multiple_disks' },
  { kind: 'a ZIP64 end record', zip: forgedZip([good], { zip64EntryCount: 1n }), reason: 'zip64' },
  { kind: 'ZIP64 with 2^52 entries', zip: forgedZip([], { zip64EntryCount: 2n ** 52n }), reason: 'zip64' },
  {
    kind: 'a directory that is nowhere',
    zip: forgedZip([good], { directoryOffset: 0x7fffffff }),
    reason: 'truncated',
  },
  {
    kind: 'the same name twice',
    zip: forgedZip([good, { ...good, data: Buffer.from('another') }]),
    reason: 'duplicate_name',
  },
  {
    kind: 'the same name in two spellings',
    zip: forgedZip([good, { name: `./${paths.front.replaceAll('/', '\\')}`, data: picture }]),
    reason: 'duplicate_name',
  },
  {
    kind: 'many names for the same bytes',
    zip: forgedZip([kernel, { ...kernel, name: 'b', offset: 0, local: { name: 'b' } }]),
    reason: 'header_mismatch',
  },
  { kind: 'entries that overlap', zip: overlapping(), reason: 'overlapping_entries' },
  {
    kind: 'a folder with content',
    zip: forgedZip([{ name: `${secretName}/`, data: picture, mode: 0 }]),
    reason: 'not_a_file',
  },
  { kind: 'a bomb', zip: forgedZip([{ name: path, data: zeros, method: 8 }]), reason: 'ratio_too_high' },
  { kind: 'too many entries', zip: forgedZip(three), reason: 'too_many_files', limits: { files: 2 } },
  {
    kind: 'too large a file',
    zip: forgedZip([good]),
    reason: 'file_too_large',
    limits: { fileBytes: 9_999 },
  },
  { kind: 'too large a ZIP', zip: forgedZip([good]), reason: 'zip_too_large', limits: { zipBytes: 10_000 } },
  {
    kind: 'too large a content',
    zip: forgedZip([1, 2, 3].map((index) => ({ name: `${index}.txt`, data: text, method: 8 }))),
    reason: 'content_too_large',
    limits: { totalBytes: 29_999, ratio: 1_000 },
  },
];

function overwritten(): Buffer {
  const bytes = Buffer.from(inner);
  bytes.fill(0, inner.indexOf('PK\x01\x02', 0, 'latin1'), end);
  return bytes;
}

/** The first end record declares one entry; the one in its comment all, with a contradiction that not every reader sees. */
function twoEnds(files: number): Buffer {
  const many = Array.from({ length: files }, (_, index) => ({
    name: `${index}.jpg`,
    data: Buffer.from('x'),
  }));
  const second = forgedZip(many).subarray(-22);
  second.writeUInt16LE(1, 8);
  return Buffer.concat([forgedZip(many, { entryCount: 1, commentLength: second.length }), second]);
}

/** The second entry is inside the first one's data, with a header that fits it. */
function overlapping(): Buffer {
  const name = 'b.jpg';
  const data = Buffer.from('inside');
  const within = forgedZip([{ name, data }]).subarray(0, 30 + name.length + data.length);
  const outer = { name: 'a.jpg', data: Buffer.concat([within, picture]) };
  return forgedZip([outer, { name, data, offset: 30 + outer.name.length }]);
}
