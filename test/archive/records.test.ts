import { expect, test } from 'vitest';
import { fetchRecord, manifest, type Manifest, readRecord, written } from '../../src/archive/records.ts';
import { parseLimits } from '../../src/archive/zip/limits.ts';
import { ref } from './fixture.ts';

test('the manifest of as many files as a cap allows can be read', async () => {
  const { files: most } = parseLimits({ files: 1000 });
  const hash = '0'.repeat(64);
  const bytes = 64 * 1024 ** 2;
  const record: Manifest = {
    version: 1,
    ...ref,
    evalId: 'x'.repeat(200),
    archivedAt: new Date().toISOString(),
    keepUntil: new Date().toISOString(),
    run: '0123456789abcdef',
    recipients: Array<string>(20).fill('0123456789abcdef'),
    files: Array.from({ length: most }, (_, index) => ({
      name: `document_front-${index}.heic`,
      role: 'document_front',
      contentType: 'application/octet-stream',
      bytes,
      sha256: hash,
      stored: { bytes, sha256: hash },
    })),
  };
  const storage = {
    get: async () =>
      (async function* () {
        yield written(manifest, record);
      })(),
  };
  expect(await readRecord(storage, 'manifest.json', manifest)).toEqual(record);
});

test('a record that could not be read again is not written', () => {
  const at = new Date().toISOString();
  expect(() => written(fetchRecord, { by: 'x'.repeat(201), at })).toThrow('by');
  expect(() => written(fetchRecord, { by: '', at })).toThrow('by');
});
