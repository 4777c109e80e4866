import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { ZipRefusedError } from '../../src/archive/errors.ts';
import { type Limits, parseLimits } from '../../src/archive/zip/limits.ts';
import { locateZip } from '../../src/archive/zip/locate.ts';
import { type Role, roleOf } from '../../src/archive/zip/roles.ts';
import { isArchive, sniff } from '../../src/archive/zip/sniff.ts';
import { unzip, type UnzippedFile } from '../../src/archive/zip/unzip.ts';
import type { ZipRefusal } from '../../src/contract/index.ts';
import { hostileZips, picture } from './hostile-zips.ts';
import { type ForgedEntry, forgedZip, goodZip, paths } from './zips.ts';

interface Unpacked extends Omit<UnzippedFile, 'content'> {
  content: Buffer;
  /** Bytes of the largest piece that was in memory at once. */
  largest: number;
}

/** Every file, unpacked. */
async function unpack(zip: Uint8Array, limits: Partial<Limits> = {}): Promise<Unpacked[]> {
  const files: Unpacked[] = [];
  for (const file of await unzip(zip, parseLimits(limits))) {
    const pieces: Uint8Array[] = [];
    for await (const piece of file.content()) pieces.push(piece);
    files.push({
      ...file,
      content: Buffer.concat(pieces),
      largest: Math.max(0, ...pieces.map(({ length }) => length)),
    });
  }
  return files;
}

/** Why a ZIP is refused; `taken` where it is not. */
async function verdictOn(zip: Uint8Array, limits: Partial<Limits> = {}): Promise<ZipRefusal | 'taken'> {
  try {
    await unpack(zip, limits);
    return 'taken';
  } catch (error) {
    if (!(error instanceof ZipRefusedError)) throw error;
    return error.reason;
  }
}

const data = Buffer.from('0123456789');
const one = (entry: Partial<ForgedEntry> = {}): Buffer => forgedZip([{ name: 'a.txt', data, ...entry }]);

describe('a ZIP is refused', () => {
  test.each(hostileZips)('$kind: $reason', async ({ zip, limits, reason }) => {
    expect(await verdictOn(zip, limits)).toBe(reason);
  });

  test.each<[string, Partial<ForgedEntry>, ZipRefusal]>([
    ['another packed size in its local header', { local: { compressedSize: 5 } }, 'header_mismatch'],
    ['no sizes in its local header and no flag', zeroed({}), 'header_mismatch'],
    ['the flag and another checksum', zeroed({ crc: 5 }), 'header_mismatch'],
    ['the flag and another size', zeroed({ size: 5 }), 'header_mismatch'],
    ['the flag and another packed size', zeroed({ compressedSize: 5 }), 'header_mismatch'],
    ['an encryption flag in the central directory', { flags: 1, local: { flags: 0 } }, 'encrypted'],
    [
      'a ZIP64 field without the sizes that it is for',
      { size: 0xffffffff, compressedSize: 0xffffffff, extra: Buffer.from([1, 0, 0, 0]) },
      'zip64',
    ],
    ['a folder of bytes by its name, with no mode', { name: 'folder/', mode: 0 }, 'not_a_file'],
    ['a size that its data does not have', { size: 11, compressedSize: 11 }, 'overlapping_entries'],
  ])('with %s', async (_, entry, reason) => {
    expect(await verdictOn(one(entry))).toBe(reason);
  });

  test.each(['a//b', './a/b', 'a/./b', 'a\\b'])('with the same name as %s', async (name) => {
    const zip = forgedZip(['a/b', name].map((each) => ({ name: each, data })));
    expect(await verdictOn(zip)).toBe('duplicate_name');
  });

  test('for a stored file of two sizes before anything of it is read', async () => {
    const entry = { name: 'a.txt', data: picture, size: 9_999 };
    await expect(unzip(forgedZip([entry]), parseLimits({}))).rejects.toMatchObject({
      reason: 'size_mismatch',
    });
  });

  test('with what yauzl or zlib said as the cause', async () => {
    const extra = Buffer.from([9, 0, 99, 0]);
    await expect(unpack(one({ extra }))).rejects.toMatchObject({ cause: expect.any(Error) });
    const packed = Buffer.from([0xff, 0xff]);
    await expect(unpack(one({ packed, method: 8 }))).rejects.toMatchObject({ cause: expect.any(Error) });
  });

  test('whose directory is longer than its entries', async () => {
    const zip = one();
    const start = zip.indexOf('PK\x01\x02', 0, 'latin1');
    const longer = Buffer.concat([zip.subarray(0, zip.length - 22), Buffer.alloc(4), zip.subarray(-22)]);
    longer.writeUInt32LE(zip.length - 22 - start + 4, longer.length - 10);
    expect(await verdictOn(longer)).toBe('header_mismatch');
  });
});

function zeroed({ crc = 0, size = 0, compressedSize = 0 }): Partial<ForgedEntry> {
  const others = crc + size + compressedSize > 0;
  return { flags: others ? 8 : 0, local: { crc, size, compressedSize } };
}

describe('a ZIP is taken', () => {
  test.each<[string, Buffer]>([
    ['that is empty', forgedZip([])],
    ['with a file of no bytes', one({ data: Buffer.alloc(0) })],
    ['with a packed file of no bytes', one({ data: Buffer.alloc(0), method: 8 })],
    ['with another flag in the local header', one({ local: { flags: 0x800 } })],
    ['with the sizes after the data', one({ flags: 8, local: { crc: 0, size: 0, compressedSize: 0 } })],
    ['with the flag, and sizes all the same', one({ flags: 8 })],
    ['with the same name in two folders', forgedZip(['a/x', 'b/x'].map((name) => ({ name, data })))],
    ['with names that differ by a slash', forgedZip(['a/b', 'ab'].map((name) => ({ name, data })))],
    ['with a comment on an entry', one({ comment: 'a comment' })],
    ['with an extra field that is no ZIP64', one({ extra: Buffer.from([2, 0, 0, 0]) })],
  ])('%s', async (_, zip) => {
    expect(await verdictOn(zip)).toBe('taken');
  });

  test('with folders, which are no files', async () => {
    const zip = forgedZip([
      { name: 'by-name/', mode: 0 },
      { name: 'by-mode', mode: 0o040755 },
      { name: 'selfie', data: Buffer.alloc(0) },
      { name: 'a.txt', data },
    ]);
    expect((await unpack(zip)).map(({ name, bytes }) => [name, bytes])).toEqual([
      ['selfie-1.bin', 0],
      ['other-1.bin', 10],
    ]);
  });
});

/** For each cap: a ZIP that is just within it, and the refusal of one more. */
const wellPacked = forgedZip([{ name: 'a.txt', data: Buffer.alloc(100_000), method: 8 }]);
const padding = 500 - wellPacked.length;
const fiveHundred = Buffer.concat([
  forgedZip([{ name: 'a.txt', data: Buffer.alloc(100_000), method: 8 }], { commentLength: padding }),
  Buffer.alloc(padding),
]);
const three = forgedZip(['a', 'b', 'c'].map((name) => ({ name, data })));
const atTheCap: Record<keyof Limits, { zip: Buffer; cap: number; refusal: ZipRefusal }> = {
  zipBytes: { zip: one(), cap: one().length, refusal: 'zip_too_large' },
  files: { zip: three, cap: 3, refusal: 'too_many_files' },
  fileBytes: { zip: one(), cap: 10, refusal: 'file_too_large' },
  totalBytes: { zip: three, cap: 30, refusal: 'content_too_large' },
  ratio: { zip: fiveHundred, cap: 200, refusal: 'ratio_too_high' },
  nameBytes: { zip: one(), cap: 5, refusal: 'name_too_long' },
};

describe('each cap', () => {
  test.each(Object.entries(atTheCap))('%s is what is still taken', async (name, { zip, cap, refusal }) => {
    expect(await verdictOn(zip, { [name]: cap })).toBe('taken');
    expect(await verdictOn(zip, { [name]: cap - 1 })).toBe(refusal);
  });

  test('has a default', () => {
    expect(parseLimits({})).toEqual({
      zipBytes: 67_108_864,
      files: 100,
      fileBytes: 67_108_864,
      totalBytes: 268_435_456,
      ratio: 100,
      nameBytes: 255,
    });
  });

  test.each([0, -1, 1.5, Number.NaN, Infinity])('cannot be %s', (cap) => {
    for (const name of Object.keys(atTheCap)) {
      expect(() => parseLimits({ [name]: cap })).toThrow(
        expect.objectContaining({
          type: 'InvalidLimits',
          message: expect.stringContaining(`limits.${name}`),
        }),
      );
    }
  });

  test('has a name that is known', () => {
    const given: Partial<Limits> = Object.fromEntries([['bytes', 5]]);
    expect(() => parseLimits(given)).toThrow(expect.objectContaining({ type: 'InvalidLimits' }));
  });
});

describe('a file', () => {
  const large = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 7919) % 251));

  test.each([
    ['stored', 0],
    ['deflated', 8],
  ])('that is %s comes whole, in pieces of at most 64 KiB', async (_, method) => {
    const [file] = await unpack(one({ data: large, method }), { ratio: 1_000 });
    expect(file?.content.equals(large)).toBe(true);
    expect(file?.largest).toBe(65_536);
  });

  test('can be read twice', async () => {
    const [file] = await unzip(one({ method: 8 }), parseLimits({}));
    const read = async () => {
      const pieces: Uint8Array[] = [];
      for await (const piece of file?.content() ?? []) pieces.push(piece);
      return Buffer.concat(pieces).toString();
    };
    expect([await read(), await read()]).toEqual(['0123456789', '0123456789']);
  });

  test('that was stored is a view of the ZIP: no byte of it is copied', async () => {
    const zip = one();
    const [file] = await unzip(zip, parseLimits({}));
    for await (const piece of file?.content() ?? []) expect(piece.buffer).toBe(zip.buffer);
  });

  test('has a name of ours, by its role, its number in the ZIP and its bytes', async () => {
    const files = await goodZip({
      [paths.front]: picture,
      'again/doc_front_2.png': Buffer.from('\x89PNG\r\n\x1a\nrest', 'latin1'),
      [paths.selfie]: Buffer.from('GIF89a'),
      'case_attachments/note.pdf': Buffer.from('%PDF-1.7'),
      'metadata.json': Buffer.from('{}'),
    });
    expect((await unpack(files)).map(({ role, name, contentType }) => [role, name, contentType])).toEqual([
      ['document_front', 'document_front-1.jpg', 'image/jpeg'],
      ['document_front', 'document_front-2.png', 'image/png'],
      ['selfie', 'selfie-1.gif', 'image/gif'],
      ['attachment', 'attachment-1.pdf', 'application/pdf'],
      ['other', 'other-1.bin', 'application/octet-stream'],
    ]);
  });

  test('is an archive by a mark within its first 512 bytes, stored or deflated, and by none behind them', async () => {
    const tar = Buffer.alloc(70_000);
    tar.write('ustar', 257);
    for (const method of [0, 8])
      expect(await verdictOn(one({ data: tar, method }), { ratio: 1_000 })).toBe('nested_archive');
    const [file] = await unpack(one({ data: Buffer.concat([Buffer.alloc(512), tar]) }));
    expect(file?.bytes).toBe(70_512);
  });

  test.each([0, 1, 65_535, 65_536, 65_537, 131_072])(
    'of %i stored bytes comes in no more pieces than it fills',
    async (size) => {
      const [file] = await unzip(one({ data: Buffer.alloc(size) }), parseLimits({}));
      let pieces = 0;
      for await (const piece of file?.content() ?? []) pieces += piece.length > 0 ? 1 : 1_000;
      expect(pieces).toBe(Math.ceil(size / 65_536));
    },
  );

  test('has the type of its first bytes, in however small pieces they come', async () => {
    // One byte, then 64 KiB of blocks that hold nothing, then the rest.
    const block = (bytes: Buffer, last = false): Buffer =>
      Buffer.from([last ? 1 : 0, bytes.length, 0, 255 - bytes.length, 255, ...bytes]);
    const nothing = Buffer.concat(Array.from({ length: 14_000 }, () => block(Buffer.alloc(0))));
    const jpeg = Buffer.from('\xff\xd8\xffmore', 'latin1');
    const packed = Buffer.concat([block(jpeg.subarray(0, 1)), nothing, block(jpeg.subarray(1), true)]);
    const [file] = await unpack(one({ data: jpeg, packed, method: 8 }));
    expect(file).toMatchObject({ contentType: 'image/jpeg', content: jpeg });
  });

  test('is unpacked no further than its first bytes before it is read', async () => {
    const packed = deflateRawSync(large);
    packed.fill(0xff, packed.length - 1_000);
    const [file] = await unzip(one({ data: large, packed, method: 8 }), parseLimits({ ratio: 1_000 }));
    const reading = (async () => {
      for await (const piece of file?.content() ?? []) expect(piece.length).toBeGreaterThan(0);
    })();
    await expect(reading).rejects.toBeInstanceOf(ZipRefusedError);
  });

  test('that is larger than it says gives no byte more than it says', async () => {
    const [file] = await unzip(
      one({ data: Buffer.alloc(1_000_000), method: 8, size: 2_000 }),
      parseLimits({}),
    );
    let given = 0;
    const reading = (async () => {
      for await (const piece of file?.content() ?? []) given += piece.length;
    })();
    await expect(reading).rejects.toMatchObject({ reason: 'size_mismatch' });
    expect(given).toBeLessThanOrEqual(2_000);
  });

  test('whose packed bytes are damaged is refused before it is read', async () => {
    const broken = Buffer.from(deflateRawSync(picture));
    const zip = one({ data: picture, method: 8 });
    zip.fill(0xff, zip.indexOf(broken.subarray(0, 20)), zip.indexOf(broken.subarray(0, 20)) + 20);
    await expect(unzip(zip, parseLimits({}))).rejects.toMatchObject({ reason: 'damaged' });
  });
});

describe('a role', () => {
  test.each<[string, Role]>([
    [paths.front, 'document_front'],
    [paths.back, 'document_back'],
    [paths.selfie, 'selfie'],
    ['DocumentFront.jpg', 'document_front'],
    ['document_front.jpg', 'document_front'],
    ['docfront.jpg', 'document_front'],
    ['DOC_FRONT.jpg', 'document_front'],
    ['documentback.jpg', 'document_back'],
    ['document_back.jpg', 'document_back'],
    ['docback.jpg', 'document_back'],
    ['DOC_BACK.jpg', 'document_back'],
    ['selfie.jpg', 'selfie'],
    ['DocSelfie.jpg', 'selfie'],
    ['a/b/doc_selfie', 'selfie'],
    ['my-selfie.jpg', 'other'],
    ['not-doc_front.jpg', 'other'],
    ['not-doc_back.jpg', 'other'],
    ['document_front/other.jpg', 'other'],
    ['case_attachments/doc_front.jpg', 'attachment'],
    ['a/Case_Attachments/b/selfie.jpg', 'attachment'],
    ['a/case_attachments', 'other'],
    ['case_attachments', 'other'],
    ['my_case_attachments/selfie.jpg', 'selfie'],
    ['', 'other'],
  ])('of %s is %s', (path, role) => {
    expect(roleOf(path)).toBe(role);
  });
});

const bytesAt = (at: number, text: string): Buffer =>
  Buffer.concat([Buffer.alloc(at, '.'), Buffer.from(text, 'latin1')]);

describe('the type of a file', () => {
  const heic = ['heic', 'heix', 'heim', 'heis', 'hevc'].map(
    (brand) => [`ftyp${brand}`, 4, 'image/heic', 'heic'] as const,
  );
  const heif = ['mif1', 'msf1'].map((brand) => [`ftyp${brand}`, 4, 'image/heif', 'heif'] as const);
  const types: (readonly [string, number, string, string])[] = [
    ['\xff\xd8\xff', 0, 'image/jpeg', 'jpg'],
    ['\x89PNG\r\n\x1a\n', 0, 'image/png', 'png'],
    ['GIF8', 0, 'image/gif', 'gif'],
    ['BM', 0, 'image/bmp', 'bmp'],
    ['II*\0', 0, 'image/tiff', 'tif'],
    ['MM\0*', 0, 'image/tiff', 'tif'],
    ['WEBP', 8, 'image/webp', 'webp'],
    ...heic,
    ...heif,
    ['ftypavif', 4, 'image/avif', 'avif'],
    ['%PDF-', 0, 'application/pdf', 'pdf'],
  ];

  test.each(types)('with %j at byte %i is %s', (mark, at, contentType, extension) => {
    expect(sniff(bytesAt(at, `${mark}more`))).toEqual({ contentType, extension });
    expect(sniff(bytesAt(at, mark))).toEqual({ contentType, extension });
  });

  const unknown = { contentType: 'application/octet-stream', extension: 'bin' };
  test.each(types)('with %j elsewhere, or in part, is unknown', (mark, at) => {
    expect(sniff(bytesAt(at + 1, mark))).toEqual(unknown);
    expect(sniff(bytesAt(at, mark.slice(0, -1)))).toEqual(unknown);
    expect(sniff(bytesAt(at, mark.slice(1)))).toEqual(unknown);
  });

  test('with no bytes is unknown', () => {
    expect(sniff(Buffer.alloc(0))).toEqual(unknown);
  });
});

describe('an archive in the archive', () => {
  const marks: [string, number][] = [
    ['PK\x03\x04', 0],
    ['PK\x05\x06', 0],
    ['PK\x07\x08', 0],
    ['Rar!\x1a\x07', 0],
    ["7z\xbc\xaf'\x1c", 0],
    ['\x1f\x8b', 0],
    ['\xfd7zXZ\0', 0],
    ['BZh', 0],
    ['(\xb5/\xfd', 0],
    ['ustar', 257],
  ];

  test.each(marks)('is known by %j at byte %i', (mark, at) => {
    for (const role of ['other', 'attachment'] as const) {
      expect(isArchive(bytesAt(at, `${mark}more`), role)).toBe(true);
      expect(isArchive(bytesAt(at + 1, mark), role)).toBe(false);
      expect(isArchive(bytesAt(at, mark.slice(0, -1)), role)).toBe(false);
    }
  });

  const first = (name: string): Buffer => forgedZip([{ name, data: Buffer.alloc(100) }]);
  const offices = [
    '[Content_Types].xml',
    '_rels/.rels',
    'docProps/app.xml',
    'word/a',
    'xl/a',
    'ppt/a',
    'mimetype',
  ];

  test.each(offices)('is taken where a reviewer attached an office document that begins with %s', (name) => {
    expect(isArchive(first(name), 'attachment')).toBe(false);
    expect(isArchive(first(name), 'document_front')).toBe(true);
    expect(isArchive(first(`x/${name}`), 'attachment')).toBe(true);
  });

  test.each(['Content_Types.xml', '[Content_Types]xxml', 'words/a', 'a.jpg'])(
    'is not taken by %s',
    (name) => {
      expect(isArchive(first(name), 'attachment')).toBe(true);
    },
  );
});

describe('a ZIP among other bytes', () => {
  const zip = one();
  const directory = { start: zip.indexOf('PK\x01\x02', 0, 'latin1'), end: zip.length - 22 };

  test.each([
    ['alone', zip],
    ['with bytes before it', Buffer.concat([Buffer.from('before'), zip])],
    ['with bytes after it', Buffer.concat([zip, Buffer.from('after')])],
    ['with the mark of an end after it', Buffer.concat([zip, Buffer.from('PK\x05\x06', 'latin1')])],
    ['with 999 false ends after it', Buffer.concat([zip, Buffer.from('PK\x05\x06'.repeat(999), 'latin1')])],
  ])('%s is found, and nothing else', (_, bytes) => {
    const located = locateZip(bytes);
    expect(located.bytes.equals(zip)).toBe(true);
    expect(located).toMatchObject({ entries: 1, directory });
  });

  test('is looked for at no more than 1,000 places', () => {
    const bytes = Buffer.concat([zip, Buffer.from('PK\x05\x06'.repeat(1000), 'latin1')]);
    expect(() => locateZip(bytes)).toThrow(expect.objectContaining({ reason: 'truncated' }));
  });

  test('keeps its comment', () => {
    const commented = Buffer.concat([
      forgedZip([{ name: 'a.txt', data }], { commentLength: 3 }),
      Buffer.from('abc'),
    ]);
    expect(locateZip(Buffer.concat([commented, Buffer.from('after')])).bytes.equals(commented)).toBe(true);
  });

  test('that is empty is an end record', () => {
    expect(locateZip(forgedZip([]))).toMatchObject({ entries: 0, directory: { start: 0, end: 0 } });
  });

  /** The end record's fields: [at which byte, how many bytes, value]. */
  test.each<[string, number, 2 | 4, number, ZipRefusal]>([
    ['the number of its disk', 4, 2, 1, 'multiple_disks'],
    ['the disk of its directory', 6, 2, 1, 'multiple_disks'],
    ['entries on this disk', 8, 2, 2, 'multiple_disks'],
    ['ZIP64 by its entries', 10, 2, 0xffff, 'zip64'],
    ['ZIP64 by the size of its directory', 12, 4, 0xffffffff, 'zip64'],
    ['ZIP64 by the place of its directory', 16, 4, 0xffffffff, 'zip64'],
    ['a directory that begins before the ZIP', 12, 4, 100_000, 'truncated'],
    ['a directory of no bytes', 12, 4, 0, 'truncated'],
    ['a directory that begins elsewhere', 12, 4, directory.end - directory.start - 1, 'truncated'],
    ['a directory beyond the ZIP', 16, 4, 0x7fffffff, 'truncated'],
    ['a comment that is not there', 20, 2, 1, 'truncated'],
  ])('with an end record that says %s is refused', (_, at, size, value, reason) => {
    const bytes = Buffer.from(zip);
    bytes.writeUIntLE(value, zip.length - 22 + at, size);
    expect(() => locateZip(bytes)).toThrow(expect.objectContaining({ reason }));
  });

  test('with something else where its directory should be is refused', () => {
    const bytes = Buffer.from(zip);
    bytes.writeUInt32LE(directory.end - directory.start - 1, zip.length - 22 + 12);
    bytes.writeUInt32LE(directory.start + 1, zip.length - 22 + 16);
    expect(() => locateZip(bytes)).toThrow(expect.objectContaining({ reason: 'damaged' }));
  });

  test('is ZIP64 by a locator right before its end record, and by none elsewhere', () => {
    const locator = Buffer.concat([Buffer.from('PK\x06\x07', 'latin1'), Buffer.alloc(16)]);
    expect(() => locateZip(Buffer.concat([locator, forgedZip([])]))).toThrow(
      expect.objectContaining({ reason: 'zip64' }),
    );
    expect(locateZip(Buffer.concat([forgedZip([]), locator])).entries).toBe(0);
  });

  test('with a directory that has no entry is refused', () => {
    const bytes = Buffer.from(zip);
    bytes.writeUInt32LE(0, zip.length - 22 + 8);
    expect(() => locateZip(bytes)).toThrow(expect.objectContaining({ reason: 'damaged' }));
  });

  test('with entries and no directory is refused', () => {
    const bytes = forgedZip([], { entryCount: 1 });
    expect(() => locateZip(bytes)).toThrow(expect.objectContaining({ reason: 'damaged' }));
  });

  test('whose end record is cut by one byte is refused', () => {
    expect(() => locateZip(zip.subarray(0, -1))).toThrow(expect.objectContaining({ reason: 'truncated' }));
  });

  test.each([
    ['that is none', Buffer.from('hello'), 'not_a_zip'],
    ['of which only the beginning is there', Buffer.from('PK\x03\x04', 'latin1'), 'truncated'],
  ] as const)('%s is refused', (_, bytes, reason) => {
    expect(() => locateZip(bytes)).toThrow(expect.objectContaining({ reason }));
  });
});
