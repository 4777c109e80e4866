import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ArchiveError, type Limits } from '../../src/archive/index.ts';
import { archiveFixture, decrypt, filesBelow, ref, tree } from './fixture.ts';
import { forgedZip, goodZip, paths, zip64Sizes } from './zips.ts';

const picture = randomBytes(10_000);
const good = { name: paths.front, data: picture } as const;
const secretName = 'jane-roe-1999';

/** The type with which the ZIP is refused; also sees that no name is repeated, no file left and no earlier result touched. */
async function refusalOf(zip: Uint8Array, limits: Partial<Limits> = {}): Promise<unknown> {
  const { archive, around, root } = await archiveFixture(limits);
  const refusal = await rejectionOf(archive.store({ ...ref, zip }));
  expect(refusal.message).not.toMatch(/jane|roe|user_uploaded|case_att|blob/i);
  expect(await filesBelow(around)).toEqual([]);

  await archive.store({ ...ref, zip: await goodZip({ [paths.selfie]: picture.subarray(0, 100) }) });
  const earlier = join(root, ref.applicationId, ref.evaluationId, 'selfie-1.jpg.age');
  const before = { tree: await tree(around), hash: await hashOf(earlier) };
  expect(await rejectionOf(archive.store({ ...ref, zip }))).toMatchObject({ type: refusal.type });
  expect({ tree: await tree(around), hash: await hashOf(earlier) }).toEqual(before);
  return refusal.type;
}

async function rejectionOf(work: Promise<unknown>): Promise<ArchiveError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ArchiveError)) throw new Error('was not refused', { cause: error });
  return error;
}

async function hashOf(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

describe('a name in the ZIP', () => {
  test.each([
    ['that climbs out', `../../${secretName}.jpg`],
    ['that climbs out from within', `user_uploaded/../../../${secretName}.jpg`],
    ['that is only dots', '..'],
    ['that is absolute', `/etc/${secretName}`],
    ['that climbs out with backslashes', `..\\..\\${secretName}.jpg`],
    ['that is absolute with a backslash', `\\${secretName}`],
    ['that has a drive letter', `C:\\${secretName}`],
    ['with a NUL', `user_uploaded/${secretName}\0.jpg`],
    ['that is empty', ''],
  ])('%s makes the ZIP refused', async (_, name) => {
    expect(await refusalOf(forgedZip([good, { name, data: picture }]))).toBe('ZipInvalid');
  });

  test.each([
    ['in a hidden second field', { name: paths.back, extra: unicodePath(`../../${secretName}`, paths.back) }],
    ['that is not UTF-8', { name: Buffer.from([0xff, 0xfe, 0xc0, 0xaf]) }],
    ['of 60 000 characters', { name: 'a'.repeat(60_000) }],
    ['with line breaks and quotes', { name: `"\r\n'$(${secretName}).jpg` }],
    ['with backslashes for slashes', { name: 'case_attachments\\scan.jpg' }],
    ['that means something to Windows', { name: 'case_attachments/con' }],
    ['that looks like ours', { name: 'document_front-1.jpg.age' }],
  ])('%s is harmless, since ours is used', async (_, entry) => {
    const { archive, around, root } = await archiveFixture();
    const { count, files } = await archive.store({
      ...ref,
      zip: forgedZip([{ ...entry, data: picture }, good]),
    });
    expect(count).toBe(2);
    for (const file of files)
      expect(file).toMatch(/^(?:document_front|document_back|attachment|other)-1\.(?:jpg|bin)\.age$/);
    expect((await filesBelow(around)).every((path) => path.startsWith(join(root, ref.applicationId)))).toBe(
      true,
    );
  });

  test('that comes twice: both files are kept', async () => {
    const { archive, root, identity } = await archiveFixture();
    const zip = forgedZip([good, { name: paths.front, data: Buffer.from('another') }]);
    expect((await archive.store({ ...ref, zip })).files).toEqual([
      'document_front-1.jpg.age',
      'document_front-2.jpg.age',
    ]);
    const directory = join(root, ref.applicationId, ref.evaluationId);
    expect(await decrypt(join(directory, 'document_front-1.jpg.age'), identity)).toEqual(picture);
    expect(await decrypt(join(directory, 'document_front-2.jpg.age'), identity)).toEqual(
      Buffer.from('another'),
    );
  });
});

/** Info-ZIP's extra field that puts another name in place of the entry's; correct, so that it counts where it is read. */
function unicodePath(name: string, replaces: string): Buffer {
  const local = forgedZip([{ name: 'x', data: Buffer.from(replaces) }]);
  const head = Buffer.alloc(9);
  head.writeUInt16LE(0x7075, 0);
  head.writeUInt16LE(5 + name.length, 2);
  head.writeUInt8(1, 4);
  head.writeUInt32LE(local.readUInt32LE(14), 5);
  return Buffer.concat([head, Buffer.from(name)]);
}

describe('an entry', () => {
  test.each([
    ['that is a symbolic link', { data: Buffer.from('/etc/passwd'), mode: 0o120777 }],
    ['that is a device', { mode: 0o060644 }],
    ['that is a socket', { mode: 0o140644 }],
    ['that is a file by name and a directory by mode', { mode: 0o040755 }],
    ['that is encrypted', { data: picture, flags: 1 }],
    ['that says it is encrypted and is not', { data: picture, method: 8, flags: 1 }],
    ['that is strongly encrypted', { data: picture, flags: 0x41 }],
    ['packed by another method', { data: picture, method: 12 }],
    ['that is deflated by name only', { data: picture, method: 99 }],
    ['with a wrong checksum', { data: picture, crc: 1 }],
    ['that says it is smaller than it is', { data: picture, method: 8, size: 9_999 }],
    ['that says it is larger than it is', { data: picture, method: 8, size: 10_001 }],
    ['that is stored in two sizes', { data: picture, size: 9_999 }],
    ['that ends beyond the ZIP', { data: picture, size: 90_000, compressedSize: 90_000 }],
    ['that begins beyond the ZIP', { data: picture, offset: 0x7fffffff }],
    ['that begins in the middle of another', { data: picture, offset: 50 }],
    ['that shares its bytes with another', { data: picture, offset: 0 }],
    ['whose deflated data stops early', { data: picture, method: 8, compressedSize: 100 }],
    ['with a broken extra field', { data: picture, extra: Buffer.from([1, 0, 99, 0]) }],
  ])('%s makes the ZIP refused', async (_, entry) => {
    expect(await refusalOf(forgedZip([good, { name: `${secretName}.jpg`, ...entry }]))).toBe('ZipInvalid');
  });

  test('that is a directory with content makes the ZIP refused', async () => {
    expect(await refusalOf(forgedZip([{ name: `${secretName}/`, data: picture, mode: 0o040755 }]))).toBe(
      'ZipInvalid',
    );
  });

  test('whose ZIP64 sizes lie makes the ZIP refused', async () => {
    const lie = { name: paths.back, data: picture, size: 0xffffffff, compressedSize: 0xffffffff };
    const huge = 2n ** 60n;
    expect(await refusalOf(forgedZip([lie]))).toBe('ZipTooLarge');
    expect(await refusalOf(forgedZip([{ ...lie, extra: Buffer.from([1, 0, 4, 0, 9, 9, 9, 9]) }]))).toBe(
      'ZipInvalid',
    );
    expect(await refusalOf(forgedZip([{ ...lie, extra: zip64Sizes(huge, huge) }]))).toBe('ZipTooLarge');
    expect(await refusalOf(forgedZip([{ ...lie, method: 8, extra: zip64Sizes(100n, huge) }]))).toBe(
      'ZipInvalid',
    );
    expect(await refusalOf(forgedZip([{ ...lie, extra: zip64Sizes(9_999n, 9_999n) }]))).toBe('ZipInvalid');
  });

  test('in honest ZIP64 is taken', async () => {
    const { archive } = await archiveFixture();
    const entry = { name: paths.back, data: picture, size: 0xffffffff, compressedSize: 0xffffffff };
    const zip = forgedZip([{ ...entry, extra: zip64Sizes(10_000n, 10_000n) }], { zip64EntryCount: 1n });
    expect(await archive.store({ ...ref, zip })).toEqual({ count: 1, files: ['document_back-1.jpg.age'] });
  });
});

describe('a ZIP', () => {
  test.each([
    ['of no bytes', Buffer.alloc(0)],
    ['of one byte', Buffer.from('P')],
    ['that is HTML', Buffer.from('<!doctype html><title>502 Bad Gateway</title>')],
    ['that is JSON', Buffer.from('{"message":"No Documents Found"}')],
    ['of zeros', Buffer.alloc(100_000)],
    ['that claims more entries than it has', forgedZip([good], { entryCount: 2 })],
    ['that claims far more entries by ZIP64', forgedZip([good], { zip64EntryCount: 99n })],
    ['whose directory is elsewhere', forgedZip([good], { directoryOffset: 0xfffffff0 })],
    ['with bytes behind its end', Buffer.concat([forgedZip([good]), Buffer.from('more')])],
  ])('%s is refused', async (_, zip) => {
    expect(await refusalOf(zip)).toBe('ZipInvalid');
  });

  test('that was cut off anywhere is refused', async () => {
    const whole = forgedZip([good, { name: paths.back, data: picture.subarray(0, 300) }]);
    const { archive, around } = await archiveFixture();
    for (let length = 0; length < whole.length; length += 97) {
      await expect(archive.store({ ...ref, zip: whole.subarray(0, length) })).rejects.toMatchObject({
        type: 'ZipInvalid',
      });
    }
    expect(await filesBelow(around)).toEqual([]);
  });
});

describe('the caps', () => {
  const zeros = Buffer.alloc(1_000_000);

  test('refuse a bomb by its ratio', async () => {
    expect(await refusalOf(forgedZip([{ name: 'bomb', data: zeros, method: 8 }]))).toBe('ZipTooLarge');
  });

  test('refuse a bomb that declares to be small, as soon as it unpacks to more', async () => {
    const zip = forgedZip([{ name: 'bomb', data: zeros, method: 8, size: 2_000 }]);
    expect(await refusalOf(zip)).toBe('ZipInvalid');
    const { archive } = await archiveFixture();
    await expect(archive.store({ ...ref, zip })).rejects.toThrow('larger than declared');
  });

  test('refuse a bomb of many names for the same bytes', async () => {
    const kernel = { name: 'a', data: picture, offset: 0 };
    expect(await refusalOf(forgedZip(Array.from({ length: 50 }, () => kernel)))).toBe('ZipInvalid');
  });

  test('count entries, the declared as well as the real', async () => {
    const three = forgedZip([1, 2, 3].map((index) => ({ name: `${index}.jpg`, data: picture })));
    expect(await refusalOf(three, { files: 2 })).toBe('ZipTooLarge');
    expect(await refusalOf(forgedZip([], { zip64EntryCount: 2n ** 52n }))).toBe('ZipTooLarge');
    expect(await refusalOf(forgedZip([], { entryCount: 65_535 }))).toBe('ZipTooLarge');
    const { archive } = await archiveFixture({ files: 3 });
    expect((await archive.store({ ...ref, zip: three })).count).toBe(3);
  });

  test('count the bytes of one file', async () => {
    const zip = forgedZip([good]);
    expect(await refusalOf(zip, { fileBytes: 9_999 })).toBe('ZipTooLarge');
    const { archive } = await archiveFixture({ fileBytes: 10_000 });
    expect((await archive.store({ ...ref, zip })).count).toBe(1);
  });

  test('count the bytes of all files', async () => {
    const data = Buffer.alloc(10_000, 'text ');
    const zip = forgedZip([1, 2, 3].map((index) => ({ name: `${index}.txt`, data, method: 8 })));
    expect(await refusalOf(zip, { totalBytes: 29_999, ratio: 1_000 })).toBe('ZipTooLarge');
    const { archive } = await archiveFixture({ totalBytes: 30_000, ratio: 1_000 });
    expect((await archive.store({ ...ref, zip })).count).toBe(3);
  });

  test('count the bytes of the ZIP itself', async () => {
    expect(
      await refusalOf(Buffer.concat([Buffer.alloc(20_000), forgedZip([])]), {
        totalBytes: 20_000,
      }),
    ).toBe('ZipTooLarge');
  });
});

test('a file that fails halfway takes with it those before it', async () => {
  const { archive, around, root } = await archiveFixture();
  await mkdir(root);
  const zip = forgedZip([good, { name: paths.back, data: randomBytes(300_000), crc: 7 }]);
  await expect(archive.store({ ...ref, zip })).rejects.toMatchObject({ type: 'ZipInvalid' });
  expect(await tree(around)).toEqual(['archive']);
});

test('a large file passes through memory in pieces', async () => {
  const mebi = 1024 ** 2;
  const data = Buffer.alloc(150 * mebi);
  const { archive } = await archiveFixture({ fileBytes: data.length, ratio: 2_000 });
  const zip = forgedZip([{ name: 'large', data, method: 8 }]);
  const before = process.memoryUsage().arrayBuffers;
  let peak = before;
  const sampling = setInterval(() => (peak = Math.max(peak, process.memoryUsage().arrayBuffers)), 2);
  try {
    expect((await archive.store({ ...ref, zip })).count).toBe(1);
  } finally {
    clearInterval(sampling);
  }
  // Pieces that wait for the garbage collector count as well; the whole would be 150 MiB and more.
  expect(peak - before).toBeLessThan(100 * mebi);
  expect(data.length).toBe(150 * mebi); // Still referenced, so that it could not make room meanwhile.
});
