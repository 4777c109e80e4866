import { randomBytes } from 'node:crypto';
import { mkdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, test } from 'vitest';
import { createArchiveKey, openArchive } from '../../src/archive/index.ts';
import { applicationId, archiveFixture, decrypt, filesBelow, ref, second, tree } from './fixture.ts';
import { forgedZip, goodZip, paths } from './zips.ts';

const front = randomBytes(200_000);
const back = randomBytes(65_536);
const selfie = randomBytes(1);

const pictures = { [paths.front]: front, [paths.back]: back, [paths.selfie]: selfie };
const names = ['document_back-1.jpg.age', 'document_front-1.jpg.age', 'selfie-1.jpg.age'];

async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o777;
}

/** What a killed run leaves. */
async function leave(root: string, name: string): Promise<void> {
  await mkdir(join(root, applicationId, name), { recursive: true });
  await writeFile(join(root, applicationId, name, 'selfie-1.jpg.age'), 'half');
}

describe('store', () => {
  test('encrypts every file under a name of its own, and it decrypts to the same bytes', async () => {
    const { archive, root, identity } = await archiveFixture();
    const attachment = Buffer.from('%PDF-1.4');
    const zip = await goodZip({ ...pictures, 'case_attachments/Jo Doe.PDF': attachment });

    const stored = await archive.store({ ...ref, zip });

    expect(stored).toEqual({ count: 4, files: ['attachment-1.pdf.age', ...names] });
    expect(await archive.list(ref)).toEqual(stored.files);
    const directory = join(root, ref.applicationId, ref.evaluationId);
    expect(await decrypt(join(directory, 'document_front-1.jpg.age'), identity)).toEqual(front);
    expect(await decrypt(join(directory, 'document_back-1.jpg.age'), identity)).toEqual(back);
    expect(await decrypt(join(directory, 'selfie-1.jpg.age'), identity)).toEqual(selfie);
    expect(await decrypt(join(directory, 'attachment-1.pdf.age'), identity)).toEqual(attachment);
  });

  test('writes nothing that is readable without a key', async () => {
    const { archive, root } = await archiveFixture();
    await archive.store({ ...ref, zip: await goodZip(pictures) });
    for (const path of await filesBelow(root)) {
      const bytes = await readFile(path);
      expect(bytes.subarray(0, 22).toString('latin1')).toBe('age-encryption.org/v1\n');
      for (const picture of [front, back]) expect(bytes.includes(picture.subarray(0, 32))).toBe(false);
    }
  });

  test('lets each recipient open every file, and nobody else', async () => {
    const { root } = await archiveFixture();
    const [one, two, stranger] = await Promise.all([
      createArchiveKey(),
      createArchiveKey(),
      createArchiveKey(),
    ]);
    const archive = openArchive({
      url: pathToFileURL(root).href,
      recipients: [one.recipient, two.recipient],
    });
    await archive.store({ ...ref, zip: await goodZip({ [paths.selfie]: selfie }) });
    const path = join(root, ref.applicationId, ref.evaluationId, 'selfie-1.jpg.age');
    expect(await decrypt(path, one.identity)).toEqual(selfie);
    expect(await decrypt(path, two.identity)).toEqual(selfie);
    await expect(decrypt(path, stranger.identity)).rejects.toThrow('no identity matched');
  });

  test('numbers files of one kind in the order of the ZIP', async () => {
    const { archive, root, identity } = await archiveFixture();
    const again = paths.front.replace('Front_1', 'Front_2');
    const zip = await goodZip({ [paths.front]: front, 'readme.md': back, [again]: selfie });
    const { files } = await archive.store({ ...ref, zip });
    expect(files).toEqual(['document_front-1.jpg.age', 'document_front-2.jpg.age', 'other-1.bin.age']);
    const directory = join(root, ref.applicationId, ref.evaluationId);
    expect(await decrypt(join(directory, 'document_front-2.jpg.age'), identity)).toEqual(selfie);
  });

  test('takes nothing of an attachment name but a known extension', async () => {
    const { archive, around } = await archiveFixture();
    const zip = await goodZip({
      'case_attachments/passport of Zoe.smith': selfie,
      'case_attachments/scan.PNG': selfie,
      'case_attachments/none': selfie,
      'case_attachments/inner/letter.tar.gz': selfie,
    });
    await archive.store({ ...ref, zip });
    expect(await archive.list(ref)).toEqual([
      'attachment-1.bin.age',
      'attachment-2.png.age',
      'attachment-3.bin.age',
      'attachment-4.bin.age',
    ]);
    expect((await tree(around)).join()).not.toMatch(/zoe|smith|scan|letter|inner/i);
  });

  test('keeps files and directories for its own user alone', async () => {
    const { archive, root } = await archiveFixture();
    await archive.store({ ...ref, zip: await goodZip(pictures) });
    const application = join(root, ref.applicationId);
    for (const path of [root, application, join(application, ref.evaluationId)]) {
      expect(await modeOf(path)).toBe(0o700);
    }
    for (const path of await filesBelow(root)) expect(await modeOf(path)).toBe(0o600);
  });

  test('takes an empty file and a directory, and archives the file only', async () => {
    const { archive, root, identity } = await archiveFixture();
    const zip = forgedZip([
      { name: 'user_uploaded/', mode: 0o040755 },
      { name: 'case_attachments/', mode: 0 },
      { name: paths.front, data: Buffer.alloc(0) },
    ]);
    expect(await archive.store({ ...ref, zip })).toEqual({ count: 1, files: ['document_front-1.jpg.age'] });
    const path = join(root, ref.applicationId, ref.evaluationId, 'document_front-1.jpg.age');
    expect(await decrypt(path, identity)).toEqual(Buffer.alloc(0));
  });

  test('takes an empty ZIP as no images', async () => {
    const { archive } = await archiveFixture();
    expect(await archive.store({ ...ref, zip: await goodZip({}) })).toEqual({ count: 0, files: [] });
    expect(await archive.list(ref)).toEqual([]);
  });

  test('takes a ZIP that is a view into a larger buffer', async () => {
    const { archive } = await archiveFixture();
    const zip = await goodZip(pictures);
    const larger = Buffer.concat([randomBytes(7), zip, randomBytes(9)]);
    const view = new Uint8Array(larger.buffer, larger.byteOffset + 7, zip.length);
    expect(await archive.store({ ...ref, zip: view })).toEqual({ count: 3, files: names });
  });

  test('replaces what an earlier run of the same evaluation stored, and nothing else', async () => {
    const { archive, root, identity } = await archiveFixture();
    await archive.store({ ...second, zip: await goodZip({ [paths.back]: back }) });
    await archive.store({ ...ref, zip: await goodZip(pictures) });
    await archive.store({ ...ref, zip: await goodZip({ [paths.selfie]: back }) });
    expect(await archive.list(ref)).toEqual(['selfie-1.jpg.age']);
    expect(await archive.list(second)).toEqual(['document_back-1.jpg.age']);
    const application = join(root, applicationId);
    expect(await decrypt(join(application, ref.evaluationId, 'selfie-1.jpg.age'), identity)).toEqual(back);
    expect(await tree(application)).toHaveLength(4);
  });

  test('run many times at once, ends with one whole result and nothing beside it', async () => {
    const { archive, root, identity } = await archiveFixture();
    const results = await Promise.allSettled(
      Array.from({ length: 8 }, async (_, run) => {
        const marked = (size: number) => Buffer.concat([Buffer.from([run]), randomBytes(size)]);
        const zip = await goodZip({ [paths.front]: marked(100_000), [paths.back]: marked(5_000) });
        return archive.store({ ...ref, zip });
      }),
    );
    const ends = results.map((result) => (result.status === 'fulfilled' ? 'stored' : String(result.reason)));
    expect(ends).toContain('stored');
    const failures = ends.filter((each) => each !== 'stored');
    expect(failures.filter((each) => !each.includes('archive directory cannot be used'))).toEqual([]);

    const directory = join(root, applicationId, ref.evaluationId);
    const one = await decrypt(join(directory, 'document_front-1.jpg.age'), identity);
    const two = await decrypt(join(directory, 'document_back-1.jpg.age'), identity);
    expect(one[0]).toBe(two[0]);
    expect(await archive.list(ref)).toHaveLength(2);
    expect(await tree(join(root, applicationId))).toHaveLength(3);
  });

  test.each([
    ['', ref.evaluationId],
    ['../app-1042', ref.evaluationId],
    ['app-1042', 'app-1042'],
    ['app-1042', '../../../../etc'],
    ['app-1042', 'app-1042~0a1b2c3d~document_verification~1/../..'],
    ['app-1042', 'app-1042~0a1b2c3d~document_verification~1\0'],
    ['app-1042', 'other~0a1b2c3d~document_verification~1'],
  ])('refuses the ids "%s" and "%s" in all three functions', async (application, evaluationId) => {
    const { archive, around } = await archiveFixture();
    const wrong = { applicationId: application, evaluationId };
    const refusal = expect.objectContaining({ type: 'InvalidId' });
    await expect(archive.store({ ...wrong, zip: await goodZip(pictures) })).rejects.toEqual(refusal);
    await expect(archive.remove(wrong)).rejects.toEqual(refusal);
    await expect(archive.list(wrong)).rejects.toEqual(refusal);
    expect(await tree(around)).toEqual([]);
  });

  test('says that the directory cannot be used when the file system refuses', async () => {
    const { archive, root } = await archiveFixture();
    await writeFile(root, 'a file where the archive should be');
    await expect(archive.store({ ...ref, zip: await goodZip(pictures) })).rejects.toMatchObject({
      type: 'ArchiveUnavailable',
      message: expect.stringContaining('ENOTDIR'),
    });
  });
});

describe('remove', () => {
  test('deletes the evaluation and says how many files, and the second time none', async () => {
    const { archive, root } = await archiveFixture();
    await archive.store({ ...ref, zip: await goodZip(pictures) });
    await archive.store({ ...second, zip: await goodZip(pictures) });
    expect(await archive.remove(ref)).toEqual({ removed: 3 });
    expect(await archive.list(ref)).toEqual([]);
    expect(await archive.list(second)).toEqual(names);
    expect(await archive.remove(ref)).toEqual({ removed: 0 });
    await archive.remove(second);
    expect(await tree(root)).toEqual([]);
  });

  test('and list do nothing to an archive that was never used', async () => {
    const { archive, around } = await archiveFixture();
    expect(await archive.remove(ref)).toEqual({ removed: 0 });
    expect(await archive.list(ref)).toEqual([]);
    expect(await tree(around)).toEqual([]);
  });
});

describe('after a killed run', () => {
  const leftover = `.${ref.evaluationId}.8b0e7f0c-7d5e-4a52-9d53-0b3c9d0e6a11`;
  const ofSecond = `.${second.evaluationId}.8b0e7f0c-7d5e-4a52-9d53-0b3c9d0e6a11`;

  test('what it left is never listed', async () => {
    const { archive, root } = await archiveFixture();
    await leave(root, leftover);
    expect(await archive.list(ref)).toEqual([]);
  });

  test('the next store of the same evaluation tidies up, and leaves that of another alone', async () => {
    const { archive, root } = await archiveFixture();
    await leave(root, leftover);
    await leave(root, ofSecond);
    await archive.store({ ...ref, zip: await goodZip(pictures) });
    expect(await archive.list(ref)).toEqual(names);
    const application = await tree(join(root, applicationId));
    expect(application.filter((path) => path.startsWith('.') && !path.includes('/'))).toEqual([ofSecond]);
  });

  test('remove deletes what it left', async () => {
    const { archive, root } = await archiveFixture();
    await leave(root, leftover);
    expect(await archive.remove(ref)).toEqual({ removed: 0 });
    expect(await tree(root)).toEqual([]);
  });

  test('a run that was overtaken cannot publish', async () => {
    const { archive, root, identity } = await archiveFixture();
    const slow = await goodZip({ [paths.front]: randomBytes(5_000_000), [paths.back]: back });
    const overtaken = archive.store({ ...ref, zip: slow }).catch((error: unknown) => error);
    await expect.poll(() => filesBelow(root).catch(() => []), { interval: 1 }).not.toEqual([]);
    await archive.store({ ...ref, zip: await goodZip({ [paths.selfie]: selfie }) });
    expect(await overtaken).toMatchObject({ type: 'ArchiveUnavailable' });
    expect(await tree(join(root, applicationId))).toEqual([
      ref.evaluationId,
      join(ref.evaluationId, 'selfie-1.jpg.age'),
    ]);
    const path = join(root, applicationId, ref.evaluationId, 'selfie-1.jpg.age');
    expect(await decrypt(path, identity)).toEqual(selfie);
  });
});

describe('a symbolic link in the archive', () => {
  test.each([
    ['an application', [applicationId]],
    ['an evaluation', [applicationId, ref.evaluationId]],
  ])('in place of %s is refused and not followed', async (_, path) => {
    const { archive, around, root } = await archiveFixture();
    const outside = join(around, 'outside');
    await mkdir(join(outside, ref.evaluationId), { recursive: true });
    await writeFile(join(outside, 'precious'), 'kept');
    await writeFile(join(outside, ref.evaluationId, 'precious'), 'kept');
    await mkdir(join(root, ...path.slice(0, -1)), { recursive: true });
    await symlink(outside, join(root, ...path));
    const before = await tree(outside);

    const refusal = { type: 'ArchiveUnsafe', message: expect.stringContaining('symbolic link') };
    await expect(archive.store({ ...ref, zip: await goodZip(pictures) })).rejects.toMatchObject(refusal);
    await expect(archive.remove(ref)).rejects.toMatchObject(refusal);
    await expect(archive.list(ref)).rejects.toMatchObject(refusal);
    expect(await tree(outside)).toEqual(before);
  });

  test('in place of a leftover is deleted, and what it leads to is not', async () => {
    const { archive, around, root } = await archiveFixture();
    const outside = join(around, 'outside');
    await mkdir(outside);
    await writeFile(join(outside, 'precious'), 'kept');
    await mkdir(join(root, applicationId), { recursive: true });
    await symlink(outside, join(root, applicationId, `.${ref.evaluationId}.x`));
    await archive.store({ ...ref, zip: await goodZip(pictures) });
    expect(await tree(outside)).toEqual(['precious']);
    expect(await tree(join(root, applicationId))).toHaveLength(4);
  });
});
