import type { ZipRefusal } from '../../contract/index.ts';
import { ZipRefusedError } from '../errors.ts';

/** Bytes of an end record without its comment. */
export const endSize = 22;
const signatures = {
  local: Buffer.from('PK\x03\x04', 'latin1'),
  central: Buffer.from('PK\x01\x02', 'latin1'),
  end: Buffer.from('PK\x05\x06', 'latin1'),
  zip64Locator: Buffer.from('PK\x06\x07', 'latin1'),
};

export interface LocatedZip {
  /** The ZIP alone, from offset 0 to the end of the end record, without leading or trailing bytes. */
  bytes: Buffer;
  /** Entries, as the end record declares them. */
  entries: number;
  /** Where in `bytes` the central directory is. */
  directory: { start: number; end: number };
}

/**
 * Finds the ZIP even if other bytes surround it, which is harmless, using the last end record that matches its central directory. Throws {@link ZipRefusedError}.
 */
export function locateZip(given: Uint8Array): LocatedZip {
  const bytes = Buffer.from(given.buffer, given.byteOffset, given.byteLength);
  let refusal: ZipRefusal | undefined;
  for (const at of endsIn(bytes)) {
    const located = readEnd(bytes, at);
    if (typeof located !== 'string') return located;
    refusal ??= located;
  }
  const begins = bytes.subarray(0, 4).equals(signatures.local);
  throw new ZipRefusedError(refusal ?? (begins ? 'truncated' : 'not_a_zip'));
}

/** Candidates beyond this many are not looked at: an end record has few chances to occur by accident. */
const mostEnds = 1000;

/** Where an end record may be, the last one first. */
function* endsIn(bytes: Buffer): Generator<number> {
  let at = bytes.lastIndexOf(signatures.end);
  for (let seen = 0; at >= 0 && seen < mostEnds; seen += 1) {
    yield at;
    at = at === 0 ? -1 : bytes.lastIndexOf(signatures.end, at - 1);
  }
}

function readEnd(bytes: Buffer, at: number): LocatedZip | ZipRefusal {
  if (at + endSize > bytes.length) return 'truncated';
  const disks = [bytes.readUInt16LE(at + 4), bytes.readUInt16LE(at + 6)];
  const [entriesHere, entries] = [bytes.readUInt16LE(at + 8), bytes.readUInt16LE(at + 10)];
  const [size, offset] = [bytes.readUInt32LE(at + 12), bytes.readUInt32LE(at + 16)];
  const hasLocator = at >= 20 && bytes.subarray(at - 20, at - 16).equals(signatures.zip64Locator);
  if (hasLocator || entries === 0xffff || size === 0xffffffff || offset === 0xffffffff) return 'zip64';
  if (disks.some((disk) => disk !== 0) || entriesHere !== entries) return 'multiple_disks';
  const start = at - size;
  // Bytes before the ZIP shift everything, unless its writer counted them.
  const origin = start - offset;
  if (start < 0 || origin < 0) return 'truncated';
  // The end record of a ZIP within a ZIP whose own end is missing.
  if (origin > 0 && bytes.subarray(0, 4).equals(signatures.local)) return 'truncated';
  if (size > 0 && !bytes.subarray(start, start + 4).equals(signatures.central)) return 'damaged';
  if ((size === 0) !== (entries === 0)) return 'damaged';
  const end = at + endSize + bytes.readUInt16LE(at + 20);
  if (end > bytes.length) return 'truncated';
  return {
    bytes: bytes.subarray(origin, end),
    entries,
    directory: { start: offset, end: offset + size },
  };
}
