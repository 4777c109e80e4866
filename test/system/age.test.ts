import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, expect, test } from 'vitest';
import which from 'which';
import { openArchive, readArchived } from '../../src/archive/index.ts';
import { archiveFixture, openedFiles, ref } from '../archive/fixture.ts';
import { goodZip, paths } from '../archive/zips.ts';

const run = promisify(execFile);

beforeAll(async () => {
  if ((await which('age', { nothrow: true })) === null) {
    throw new Error('These tests need age: apt-get install age.');
  }
});

test.each([0, 1, 65_535, 65_536, 65_537, 131_072, 3_000_000])(
  'age opens an archived image of %s bytes',
  async (size) => {
    const { archive, storage, root, around, identity } = await archiveFixture();
    const image = randomBytes(size);
    await archive.store({ ...ref, zip: await goodZip({ [paths.front]: image }) });
    const { manifest } = await readArchived(storage, ref);
    const key = join(around, 'key.txt');
    await writeFile(key, `${identity}\n`, { mode: 0o600 });
    const path = join(
      root,
      ref.applicationId,
      ref.evaluationId,
      manifest?.run ?? '',
      'document_front-1.bin.age',
    );
    const age = ['--decrypt', '--identity', key, path];
    const { stdout } = await run('age', age, { encoding: 'buffer', maxBuffer: 2 * size + 1024 });
    expect(image.equals(stdout)).toBe(true);
  },
);

test('the key pair that age-keygen makes archives and opens', async () => {
  const { around, url, storage } = await archiveFixture();
  const key = join(around, 'key.txt');
  await run('age-keygen', ['-o', key]);
  const { stdout: recipient } = await run('age-keygen', ['-y', key]);
  const archive = openArchive({ url, recipients: [recipient.trim()] });
  await archive.store({ ...ref, zip: await goodZip({ [paths.selfie]: Buffer.from('selfie') }) });
  expect(await openedFiles(storage, await readFile(key, 'utf8'))).toEqual({
    'selfie-1.bin': Buffer.from('selfie'),
  });
});
