import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Encrypter } from 'age-encryption';
import { describe, expect, test } from 'vitest';
import { createArchiveKey, openArchive, readArchived } from '../../src/archive/index.ts';
import { openStorage } from '../../src/storage/index.ts';
import {
  applicationId,
  archiveFixture,
  because,
  filesBelow,
  keysIn,
  openedFiles,
  ref,
  second,
  tree,
} from './fixture.ts';
import { forgedZip, goodZip, paths } from './zips.ts';

const jpeg = (size: number) => Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), randomBytes(size)]);
const front = jpeg(200_000);
const back = jpeg(65_536);
const selfie = jpeg(1);
const pictures = { [paths.front]: front, [paths.back]: back, [paths.selfie]: selfie };
const opened3 = { 'document_front-1.jpg': front, 'document_back-1.jpg': back, 'selfie-1.jpg': selfie };

describe('store', () => {
  test('encrypts every file under a name of its own, and it decrypts to the same bytes', async () => {
    const { archive, opened } = await archiveFixture();
    const attachment = Buffer.from('%PDF-1.4');
    const zip = await goodZip({ ...pictures, 'case_attachments/Jo Doe.exe': attachment });
    const stored = await archive.store({ ...ref, zip });
    expect(stored).toMatchObject({ kind: 'archived', manifest: { files: { length: 4 } } });
    expect(await opened()).toEqual({ ...opened3, 'attachment-1.pdf': attachment });
    expect(await archive.find(ref)).toEqual(stored);
  });

  test('writes a manifest that an auditor can check without a key', async () => {
    const { archive, storage, root, recipient } = await archiveFixture();
    await archive.store({ ...ref, evalId: 'eval-7', keepFor: 90_000, zip: await goodZip(pictures) });
    const { manifest } = await readArchived(storage, ref);
    expect(manifest).toMatchObject({ ...ref, evalId: 'eval-7', recipients: [sha256(recipient, 16)] });
    expect(Date.parse(manifest?.keepUntil ?? '') - Date.parse(manifest?.archivedAt ?? '')).toBe(90_000);
    for (const file of manifest?.files ?? []) {
      const path = join(root, ref.applicationId, ref.evaluationId, manifest?.run ?? '', `${file.name}.age`);
      const bytes = await readFile(path);
      expect(file.stored).toEqual({ bytes: bytes.length, sha256: sha256(bytes) });
    }
    expect(manifest?.files.find(({ role }) => role === 'selfie')).toMatchObject({
      bytes: selfie.length,
      contentType: 'image/jpeg',
      sha256: sha256(selfie),
    });
  });

  test('writes nothing that is readable without a key', async () => {
    const { archive, root } = await archiveFixture();
    await archive.store({ ...ref, zip: await goodZip(pictures) });
    const encrypted = (await filesBelow(root)).filter((path) => path.endsWith('.age'));
    expect(encrypted).toHaveLength(3);
    for (const path of encrypted) {
      const bytes = await readFile(path);
      expect(bytes.subarray(0, 22).toString('latin1')).toBe('age-encryption.org/v1\n');
      for (const picture of [front, back]) expect(bytes.includes(picture.subarray(3, 35))).toBe(false);
    }
  });

  test('lets each recipient open every file, and nobody else', async () => {
    const { url } = await archiveFixture();
    const [one, two, stranger] = await Promise.all([
      createArchiveKey(),
      createArchiveKey(),
      createArchiveKey(),
    ]);
    const archive = openArchive({ url, recipients: [one.recipient, two.recipient] });
    await archive.store({ ...ref, zip: await goodZip({ [paths.selfie]: selfie }) });
    const storage = openStorage(url);
    for (const { identity } of [one, two]) {
      expect(await openedFiles(storage, identity)).toEqual({ 'selfie-1.jpg': selfie });
    }
    await expect(openedFiles(storage, stranger.identity)).rejects.toMatchObject({ type: 'InvalidIdentity' });
    await expect(openedFiles(storage, 'no key')).rejects.toMatchObject({ type: 'InvalidIdentity' });
  });

  test('numbers files of one role in the order of the ZIP', async () => {
    const { archive, opened } = await archiveFixture();
    const again = paths.front.replace('Front_1', 'Front_2');
    await archive.store({
      ...ref,
      zip: await goodZip({ [paths.front]: front, 'readme.md': back, [again]: selfie }),
    });
    expect(await opened()).toEqual({
      'document_front-1.jpg': front,
      'document_front-2.jpg': selfie,
      'other-1.jpg': back,
    });
  });

  test('takes nothing of an attachment name, nor of its extension', async () => {
    const { archive, around } = await archiveFixture();
    const zip = await goodZip({
      [paths.front]: front,
      'case_attachments/passport of Zoe.smith': selfie,
      'case_attachments/inner/letter.tar.gz': Buffer.from('text'),
    });
    await archive.store({ ...ref, zip });
    expect((await tree(around)).join()).not.toMatch(/zoe|smith|letter|inner|gz/i);
  });

  test('keeps files and folders for its own user alone', async () => {
    const { archive, root } = await archiveFixture();
    await archive.store({ ...ref, zip: await goodZip(pictures) });
    const modes = async (path: string) => (await stat(path)).mode & 0o777;
    const application = join(root, ref.applicationId);
    for (const path of [root, application, join(application, ref.evaluationId)])
      expect(await modes(path)).toBe(0o700);
    for (const path of await filesBelow(root)) expect(await modes(path)).toBe(0o600);
  });

  test('takes a ZIP of attachments only as no images, and stores nothing', async () => {
    const { archive, around } = await archiveFixture();
    const zip = await goodZip({ 'case_attachments/selfie.jpg': selfie, 'x/case_attachments/b': back });
    expect(await archive.store({ ...ref, zip })).toEqual({ kind: 'no_images', attachments: 2 });
    expect(await archive.store({ ...ref, zip: await goodZip({}) })).toEqual({
      kind: 'no_images',
      attachments: 0,
    });
    expect(await filesBelow(around)).toEqual([]);
  });

  test('takes a ZIP that is a view into a larger buffer', async () => {
    const { archive, opened } = await archiveFixture();
    const zip = await goodZip(pictures);
    const larger = Buffer.concat([randomBytes(7), zip, randomBytes(9)]);
    await archive.store({ ...ref, zip: new Uint8Array(larger.buffer, larger.byteOffset + 7, zip.length) });
    expect(await opened()).toEqual(opened3);
  });

  test('leaves what an earlier run stored, and says so', async () => {
    const { archive, opened } = await archiveFixture();
    await archive.store({ ...second, zip: await goodZip({ [paths.back]: back }) });
    const first = await archive.store({ ...ref, zip: await goodZip(pictures) });
    expect(await archive.store({ ...ref, zip: await goodZip({ [paths.selfie]: back }) })).toEqual(first);
    expect(await opened()).toEqual(opened3);
  });

  test('by many at once leaves one archive, and all return it', async () => {
    const { archive, storage, opened } = await archiveFixture();
    const zip = await goodZip(pictures);
    const all = await Promise.all(Array.from({ length: 6 }, () => archive.store({ ...ref, zip })));
    expect(all.map((stored) => (stored.kind === 'archived' ? stored.manifest.run : stored.kind))).toEqual(
      Array(6).fill(all[0]?.kind === 'archived' ? all[0].manifest.run : 'none'),
    );
    expect(await keysIn(storage)).toHaveLength(4);
    expect(await opened()).toEqual(opened3);
  });

  test('removes what a killed run left, and is not mistaken by it', async () => {
    const { archive, storage, root, opened } = await archiveFixture();
    const left = join(root, ref.applicationId, ref.evaluationId, '0123456789abcdef');
    await mkdir(left, { recursive: true });
    await writeFile(join(left, 'selfie-1.jpg.age'), 'half');
    await writeFile(join(left, '.new-0a1b2c3d-0000-4000-8000-000000000000'), 'half');
    expect(await archive.find(ref)).toBeUndefined();
    await archive.store({ ...ref, zip: await goodZip(pictures) });
    expect(await opened()).toEqual(opened3);
    expect(await keysIn(storage)).toHaveLength(4);
  });

  test('leaves nothing when the ZIP is refused halfway', async () => {
    const { archive, around } = await archiveFixture();
    const zip = forgedZip([
      { name: paths.front, data: front },
      { name: paths.back, data: randomBytes(300_000), crc: 7 },
    ]);
    await expect(archive.store({ ...ref, zip })).rejects.toMatchObject({ reason: 'checksum_mismatch' });
    expect(await filesBelow(around)).toEqual([]);
  });

  test.each([
    ['applicationId', { ...ref, applicationId: '../x' }],
    ['evaluationId', { ...ref, evaluationId: 'app-1042~x' }],
    ["another application's evaluationId", { applicationId: 'app-1', evaluationId: ref.evaluationId }],
  ])('refuses a wrong %s', async (_, wrong) => {
    const { archive, around } = await archiveFixture();
    const refusal = { type: 'InvalidId' };
    await expect(archive.store({ ...wrong, zip: await goodZip(pictures) })).rejects.toMatchObject(refusal);
    await expect(archive.find(wrong)).rejects.toMatchObject(refusal);
    await expect(archive.remove(wrong, because)).rejects.toMatchObject(refusal);
    expect(await tree(around)).toEqual([]);
  });

  test('a large file passes through memory in pieces', async () => {
    const mebi = 1024 ** 2;
    const data = Buffer.alloc(80 * mebi);
    const { archive } = await archiveFixture({ fileBytes: data.length, ratio: 2_000 });
    const zip = forgedZip([{ name: paths.front, data, method: 8 }]);
    const before = process.memoryUsage().arrayBuffers;
    let peak = before;
    const sampling = setInterval(() => (peak = Math.max(peak, process.memoryUsage().arrayBuffers)), 2);
    try {
      await archive.store({ ...ref, zip });
    } finally {
      clearInterval(sampling);
    }
    // Pieces that wait for the garbage collector count as well; the whole would be 80 MiB and more.
    expect(peak - before).toBeLessThan(64 * mebi);
    expect(data.length).toBe(80 * mebi); // Still referenced, so that it could not make room meanwhile.
  });
});

describe('what was tampered with', () => {
  test('an image that is missing, another or damaged is named when it is opened', async () => {
    const { archive, storage, root, identity, recipient } = await archiveFixture();
    await archive.store({ ...ref, zip: await goodZip({ [paths.front]: front }) });
    const { manifest } = await readArchived(storage, ref);
    const path = join(
      root,
      ref.applicationId,
      ref.evaluationId,
      manifest?.run ?? '',
      'document_front-1.jpg.age',
    );
    const bytes = await readFile(path);
    const broken = Buffer.from(bytes);
    broken[broken.length - 1] = (broken[broken.length - 1] ?? 0) ^ 1;
    await writeFile(path, broken);
    await expect(openedFiles(storage, identity)).rejects.toMatchObject({ message: /does not decrypt/ });
    await writeFile(path, await encryptedTo(recipient, selfie));
    await expect(openedFiles(storage, identity)).rejects.toMatchObject({ message: /not what was archived/ });
    await rm(path);
    await expect(openedFiles(storage, identity)).rejects.toMatchObject({ message: /is missing/ });
  });

  test.each([
    ['no JSON', 'garbage'],
    ['of another shape', '{"version":1}'],
    ['of a later version', '{"version":2}'],
  ])('a manifest that is %s is refused by name, and nothing is overwritten', async (_, text) => {
    const { archive, root } = await archiveFixture();
    const folder = join(root, ref.applicationId, ref.evaluationId);
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, 'manifest.json'), text);
    await expect(archive.store({ ...ref, zip: await goodZip(pictures) })).rejects.toMatchObject({
      type: 'ArchiveUnsafe',
    });
    expect(await readFile(join(folder, 'manifest.json'), 'utf8')).toBe(text);
  });

  test("a manifest of another evaluation in this one's place is refused", async () => {
    const { archive, root } = await archiveFixture();
    await archive.store({ ...second, zip: await goodZip(pictures) });
    const folder = join(root, ref.applicationId);
    const other = await readFile(join(folder, second.evaluationId, 'manifest.json'));
    await mkdir(join(folder, ref.evaluationId));
    await writeFile(join(folder, ref.evaluationId, 'manifest.json'), other);
    await expect(archive.find(ref)).rejects.toMatchObject({ type: 'ArchiveUnsafe' });
  });

  test.each([
    ['an application', [applicationId]],
    ['an evaluation', [applicationId, ref.evaluationId]],
  ])('a symbolic link in place of %s is refused and not followed', async (_, path) => {
    const { archive, around, root } = await archiveFixture();
    const outside = join(around, 'outside');
    await mkdir(join(outside, ref.evaluationId), { recursive: true });
    await writeFile(join(outside, 'precious'), 'kept');
    await mkdir(join(root, ...path.slice(0, -1)), { recursive: true });
    await symlink(outside, join(root, ...path));
    const before = await tree(outside);
    const refusal = { type: 'StorageUnsafe', message: expect.stringContaining('symbolic link') };
    await expect(archive.store({ ...ref, zip: await goodZip(pictures) })).rejects.toMatchObject(refusal);
    await expect(archive.remove(ref, because)).rejects.toMatchObject(refusal);
    expect(await tree(outside)).toEqual(before);
  });
});

function sha256(data: string | Uint8Array, digits = 64): string {
  return createHash('sha256').update(data).digest('hex').slice(0, digits);
}

async function encryptedTo(recipient: string, bytes: Uint8Array): Promise<Uint8Array> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  return encrypter.encrypt(bytes);
}
