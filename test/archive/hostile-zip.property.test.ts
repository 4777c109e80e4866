import * as fc from 'fast-check';
import { expect } from 'vitest';
import { ZipRefusedError } from '../../src/archive/index.ts';
import { zipRefusals } from '../../src/contract/index.ts';
import { filesBelow, type Fixture, keysIn, ref, withArchive } from './fixture.ts';
import { forgedZip, paths, type ForgedEntry } from './zips.ts';
import { property } from '../support/property.ts';
import { codePoint } from '../support/code-point.ts';

const limits = { files: 20, fileBytes: 50_000, totalBytes: 100_000 };

/** True if it was stored; any error but a named refusal, or a file that no manifest names, is a failure. */
async function stores({ archive, around, storage }: Fixture, zip: Uint8Array): Promise<boolean> {
  const stored = await archive.store({ ...ref, zip }).catch((error: unknown) => {
    if (!(error instanceof ZipRefusedError)) throw error;
    expect(zipRefusals).toContain(error.reason);
    return undefined;
  });
  const prefix = `${ref.applicationId}/${ref.evaluationId}/`;
  const expected =
    stored?.kind === 'archived'
      ? [
          `${prefix}manifest.json`,
          ...stored.manifest.files.map(({ name: file }) => `${prefix}${stored.manifest.run}/${file}.age`),
        ]
      : [];
  expect((await keysIn(storage)).toSorted()).toEqual(expected.toSorted());
  expect(await filesBelow(around)).toHaveLength(expected.length);
  return stored?.kind === 'archived';
}

const segment = fc.oneof(
  fc.constantFrom(
    '..',
    '.',
    '',
    '~',
    'C:',
    'user_uploaded',
    'case_attachments',
    'a.jpg',
    '\0',
    '\\',
    '%2e%2e',
    '．．',
  ),
  fc.string({ unit: codePoint, maxLength: 8 }),
);
const name = fc
  .array(fc.tuple(segment, fc.constantFrom('/', '\\', '//', '')), { maxLength: 6 })
  .map((parts) => parts.flat().join(''));

property([fc.array(fc.record({ name, data: fc.uint8Array({ maxLength: 50 }) }), { maxLength: 4 })], {
  numRuns: 100,
})('whatever the names are, no file is written outside the evaluation', async (entries) => {
  await withArchive(limits, (fixture) => stores(fixture, forgedZip(entries)));
});

property([fc.uint8Array({ maxLength: 500 })], { numRuns: 100 })(
  'random bytes are refused and nothing worse',
  async (bytes) => {
    await withArchive(limits, async (fixture) => {
      await stores(fixture, bytes);
      await stores(fixture, Buffer.concat([bytes, forgedZip([])]));
    });
  },
);

const any16 = fc.integer({ min: 0, max: 0xffff });
const any32 = fc.oneof(
  fc.integer({ min: 0, max: 1_000 }),
  fc.constantFrom(0xffffffff, 0x7fffffff, 0x80000000),
);
const entry: fc.Arbitrary<ForgedEntry> = fc.record(
  {
    name,
    data: fc.uint8Array({ maxLength: 300 }),
    method: fc.oneof(fc.constantFrom(0, 8), any16),
    flags: fc.oneof(fc.constantFrom(0, 8, 0x800), any16),
    mode: any16,
    crc: any32,
    size: any32,
    compressedSize: any32,
    offset: any32,
    extra: fc.uint8Array({ maxLength: 40 }),
  },
  { requiredKeys: ['name'] },
);
const end = fc.record(
  {
    entryCount: fc.oneof(fc.integer({ min: 0, max: 4 }), any16),
    directoryOffset: any32,
    zip64EntryCount: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  },
  { requiredKeys: [] },
);

property([fc.array(entry, { maxLength: 3 }), end], { numRuns: 100 })(
  'a ZIP that lies in any of its fields is refused or stored whole, and nothing worse',
  async (entries, ending) => {
    await withArchive(limits, (fixture) => stores(fixture, forgedZip(entries, ending)));
  },
);

const originals = [
  { name: paths.front, data: Buffer.alloc(3_000, 'front'), method: 8 },
  { name: paths.back, data: Buffer.from('back'.repeat(50)) },
  { name: 'case_attachments/a.pdf', data: Buffer.alloc(0) },
] as const;
const original = forgedZip(originals);
async function holdsOriginals({ opened }: Fixture): Promise<void> {
  for (const bytes of Object.values(await opened())) {
    expect(originals.some(({ data }) => data.equals(bytes))).toBe(true);
  }
}

property([fc.nat({ max: original.length - 1 })], { numRuns: 100 })(
  'of a ZIP that is cut anywhere nothing is stored',
  async (length) => {
    await withArchive(limits, async (fixture) => {
      expect(await stores(fixture, original.subarray(0, length))).toBe(false);
    });
  },
);

const mutation = fc.record({
  at: fc.nat({ max: original.length - 1 }),
  byte: fc.integer({ min: 0, max: 255 }),
});

property([fc.array(mutation, { minLength: 1, maxLength: 4 })], { numRuns: 100 })(
  'of a damaged ZIP nothing is stored but files that are whole',
  async (mutations) => {
    const damaged = Buffer.from(original);
    for (const { at, byte } of mutations) damaged[at] = byte;
    await withArchive(limits, async (fixture) => {
      await stores(fixture, damaged);
      await holdsOriginals(fixture);
    });
  },
);
