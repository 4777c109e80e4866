import type { Role } from './roles.ts';

export interface Sniffed {
  contentType: string;
  extension: string;
}

interface Signature extends Sniffed {
  at: number;
  bytes: Buffer;
}

const signature = (contentType: string, extension: string, at: number, bytes: string): Signature => ({
  contentType,
  extension,
  at,
  bytes: Buffer.from(bytes, 'latin1'),
});

/** What cameras and scanners write; a few constants need no parser, which hostile bytes could attack. */
const signatures: readonly Signature[] = [
  signature('image/jpeg', 'jpg', 0, '\xff\xd8\xff'),
  signature('image/png', 'png', 0, '\x89PNG\r\n\x1a\n'),
  signature('image/gif', 'gif', 0, 'GIF8'),
  signature('image/bmp', 'bmp', 0, 'BM'),
  signature('image/tiff', 'tif', 0, 'II*\0'),
  signature('image/tiff', 'tif', 0, 'MM\0*'),
  signature('image/webp', 'webp', 8, 'WEBP'),
  ...['heic', 'heix', 'heim', 'heis', 'hevc'].map((brand) =>
    signature('image/heic', 'heic', 4, `ftyp${brand}`),
  ),
  ...['mif1', 'msf1'].map((brand) => signature('image/heif', 'heif', 4, `ftyp${brand}`)),
  signature('image/avif', 'avif', 4, 'ftypavif'),
  signature('application/pdf', 'pdf', 0, '%PDF-'),
];

/** The type of a file by its first bytes, whatever its name says. */
export function sniff(head: Buffer): Sniffed {
  const found = signatures.find((known) => startsAt(head, known.at, known.bytes));
  return found
    ? { contentType: found.contentType, extension: found.extension }
    : { contentType: 'application/octet-stream', extension: 'bin' };
}

const archives: readonly [number, string][] = [
  [0, 'PK\x03\x04'],
  [0, 'PK\x05\x06'],
  [0, 'PK\x07\x08'],
  [0, 'Rar!\x1a\x07'],
  [0, "7z\xbc\xaf'\x1c"],
  [0, '\x1f\x8b'],
  [0, '\xfd7zXZ\0'],
  [0, 'BZh'],
  [0, '(\xb5/\xfd'],
  [257, 'ustar'],
];

/** The first entry of an office document, which is a ZIP too and may be a reviewer's attachment. */
const office = /^(?:\[Content_Types\]\.xml|_rels\/|docProps\/|word\/|xl\/|ppt\/|mimetype)/;

/** True for an archive within the archive, where bombs hide. */
export function isArchive(head: Buffer, role: Role): boolean {
  if (!archives.some(([at, bytes]) => startsAt(head, at, Buffer.from(bytes, 'latin1')))) return false;
  return role !== 'attachment' || !office.test(head.toString('latin1', 30, 80));
}

function startsAt(head: Buffer, at: number, bytes: Buffer): boolean {
  return head.subarray(at, at + bytes.length).equals(bytes);
}
