import { randomBytes } from 'node:crypto';
import { expect, describe, test } from 'vitest';
import { ZipRefusedError } from '../../src/archive/index.ts';
import { archiveFixture, filesBelow, keysIn, ref } from './fixture.ts';
import { hostileZips, picture, secretName } from './hostile-zips.ts';
import { forgedZip, goodZip, paths } from './zips.ts';

describe('a hostile ZIP', () => {
  test('comes in at least thirty kinds, each with another name', () => {
    expect(new Set(hostileZips.map(({ kind }) => kind)).size).toBe(hostileZips.length);
    expect(hostileZips.length).toBeGreaterThanOrEqual(30);
  });

  test.each(hostileZips)('$kind: is refused with $reason, and nothing of it is kept', async (hostile) => {
    const { archive, around, storage, opened } = await archiveFixture(hostile.limits);
    const refusal = await archive.store({ ...ref, zip: hostile.zip }).then(
      () => undefined,
      (error: unknown) => error,
    );
    if (!(refusal instanceof ZipRefusedError)) throw new Error('was not refused', { cause: refusal });
    expect(refusal.reason).toBe(hostile.reason);
    expect(refusal.message).not.toMatch(new RegExp(`${secretName}|user_uploaded|blob`, 'i'));
    expect(await filesBelow(around)).toEqual([]);

    const selfie = Buffer.from('whole');
    await archive.store({ ...ref, zip: await goodZip({ [paths.selfie]: selfie }) });
    const before = await keysIn(storage);
    expect((await archive.store({ ...ref, zip: hostile.zip })).kind).toBe('archived');
    expect(await keysIn(storage)).toEqual(before);
    expect(await opened()).toEqual({ 'selfie-1.bin': selfie });
  });
});

describe('a harmless ZIP', () => {
  const zip = forgedZip([{ name: paths.front, data: picture }]);
  const shifted = forgedZip([{ name: paths.front, data: picture, offset: 7 }], {
    directoryOffset: zip.indexOf('PK\x01\x02', 0, 'latin1') + 7,
  });
  const withComment = Buffer.concat([
    forgedZip([{ name: paths.front, data: picture }], { commentLength: 7 }),
    Buffer.from('comment'),
  ]);
  const folder = (mode: number) =>
    forgedZip([
      { name: 'user_uploaded/', mode },
      { name: paths.front, data: picture },
    ]);
  /** Info-ZIP's field for another name. */
  const unicodePath = Buffer.concat([Buffer.from([0x75, 0x70, 9, 0, 1, 0, 0, 0, 0]), Buffer.from('../x')]);

  test.each([
    ['bytes after it', Buffer.concat([zip, randomBytes(70_000)])],
    ['bytes before it', Buffer.concat([randomBytes(70_000), zip])],
    ['bytes before it that its offsets count', Buffer.concat([Buffer.from('before!'), shifted])],
    ['bytes on both sides', Buffer.concat([randomBytes(7), zip, randomBytes(7)])],
    ['a line end after it', Buffer.concat([zip, Buffer.from('\r\n')])],
    ['a comment', withComment],
    ['a stored folder', folder(0o040755)],
    ['a stored folder without a mode', folder(0)],
    ['a stored folder with the mode of a file', folder(0o100644)],
    ['its image at the root', forgedZip([{ name: 'documentfrontDoc_Front_1_blob.jpg', data: picture }])],
    ['its image in another folder', forgedZip([{ name: 'a/b/c/Doc_Front_1_blob.jpg', data: picture }])],
    ['backslashes for slashes', forgedZip([{ name: paths.front.replaceAll('/', '\\'), data: picture }])],
    [
      'sizes after the data',
      forgedZip([
        { name: paths.front, data: picture, flags: 8, local: { crc: 0, size: 0, compressedSize: 0 } },
      ]),
    ],
    [
      'a second name in a hidden field',
      forgedZip([{ name: paths.front, data: picture, extra: unicodePath }]),
    ],
  ])('with %s is archived', async (_, bytes) => {
    const { archive, opened } = await archiveFixture();
    expect(await archive.store({ ...ref, zip: bytes })).toMatchObject({ kind: 'archived' });
    expect(await opened()).toEqual({ 'document_front-1.jpg': picture });
  });

  test.each([
    ['that is not UTF-8', Buffer.from([0xff, 0xfe, 0xc0, 0xaf])],
    ['with line breaks and quotes', `"\r\n'$(${secretName}).jpg`],
    ['that means something to Windows', 'con'],
    ['that looks like ours', 'document_front-1.jpg.age'],
    ['that looks like the manifest', 'manifest.json'],
  ])('with a name %s is archived under a name of ours', async (_, name) => {
    const { archive, storage } = await archiveFixture();
    await archive.store({ ...ref, zip: forgedZip([{ name, data: picture }]) });
    const keys = (await keysIn(storage)).map((key) => key.split('/').at(-1) ?? '');
    expect(keys.toSorted()).toEqual([
      expect.stringMatching(/^(?:document_front|manifest)[-.]/),
      expect.stringMatching(/^(?:manifest\.json|other-1\.jpg\.age)$/),
    ]);
  });

  test('with an office document of a reviewer is archived', async () => {
    const { archive } = await archiveFixture();
    const letter = forgedZip([{ name: '[Content_Types].xml', data: Buffer.from('<Types/>') }]);
    const zip2 = await goodZip({ [paths.front]: picture, 'case_attachments/letter.docx': letter });
    expect((await archive.store({ ...ref, zip: zip2 })).kind).toBe('archived');
    const disguised = await goodZip({ 'user_uploaded/letter.docx': letter });
    const other = await archiveFixture();
    await expect(other.archive.store({ ...ref, zip: disguised })).rejects.toMatchObject({
      reason: 'nested_archive',
    });
  });
});
