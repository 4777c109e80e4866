import { mkdir, readFile, readdir, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, inject, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { createArchiveKey, readArchived, StorageError, surveyArchive } from '../../src/archive/index.ts';
import { temporalClient } from '../../src/client/index.ts';
import { imagesWorkflowIdOf, imagesWorkflowType } from '../../src/contract/index.ts';
import { type Finding, findingsOf, removeFinding } from '../../src/cli/images/findings.ts';
import {
  archiveFixture,
  because,
  type Fixture,
  filesBelow,
  keysIn,
  ref,
  second,
} from '../archive/fixture.ts';
import { goodZip, paths } from '../archive/zips.ts';
import { run } from '../support/processes.ts';

const front = Buffer.from([0xff, 0xd8, 0xff, 1, 2, 3]);
const zip = await goodZip({ [paths.front]: front, 'case_attachments/a.pdf': Buffer.from('%PDF-1.4') });
const day = 24 * 3_600_000;

async function archived(
  keepFor = day,
): Promise<Fixture & { verb: (...args: string[]) => ReturnType<typeof run> }> {
  const fixture = await archiveFixture();
  await fixture.archive.store({ ...ref, keepFor, zip });
  await writeFile(join(fixture.around, 'key.txt'), `# a key\n${fixture.identity}\n`, { mode: 0o600 });
  const env = { ARCHIVE_URL: fixture.url, TEMPORAL_ADDRESS: inject('temporalAddress') };
  return { ...fixture, verb: (...args) => run(['images', ...args], env) };
}

const row = z.looseObject({ applicationId: z.unknown().optional() });
const jsonLines = (text: string) =>
  text
    .split('\n')
    .filter(Boolean)
    .map((line) => row.parse(JSON.parse(line)));

describe('images list', () => {
  test('shows what is archived, held and deleted', async () => {
    const { archive, verb } = await archived();
    await archive.store({ ...second, zip });
    await archive.remove(second, because);
    await archive.hold(ref, because);
    const { code, stdout } = await verb('list', '--json');
    expect(code).toBe(0);
    // Other tests' workflows are on the same server.
    const mine = jsonLines(stdout).filter(({ applicationId }) => applicationId === ref.applicationId);
    expect(mine).toMatchObject([
      { ...ref, result: 'archived', images: 1, attachments: 1, hold: because, deleted: null },
      { ...second, result: 'deleted', images: 0, deleted: because },
    ]);
    expect((await verb('list', ref.applicationId)).stdout).toContain('held since');
    expect((await verb('list', 'app-2')).stdout).toBe('nothing is archived\n');
  });
});

describe('images fetch', () => {
  test('decrypts into a folder, for its user alone, and records who did', async () => {
    const { around, storage, archive, verb } = await archived();
    const to = join(around, 'out');
    const key = join(around, 'key.txt');
    const fetched = await verb('fetch', ref.applicationId, '--identity', key, '--to', to, '--by', 'Ada');
    expect(fetched).toMatchObject({ code: 0, stderr: expect.stringContaining('"by":"Ada"') });
    const folder = join(to, ref.evaluationId);
    expect((await readdir(folder)).toSorted()).toEqual(['attachment-1.pdf', 'document_front-1.jpg']);
    expect(await readFile(join(folder, 'document_front-1.jpg'))).toEqual(front);
    expect((await stat(join(folder, 'document_front-1.jpg'))).mode & 0o777).toBe(0o600);
    expect((await keysIn(storage)).filter((each) => each.includes('/fetch-'))).toHaveLength(1);

    const again = await verb('fetch', ref.applicationId, '--identity', key, '--to', to);
    expect(again).toMatchObject({ code: 2, stderr: expect.stringContaining('exists') });
    await archive.remove(ref, because);
    expect((await readArchived(storage, ref)).deleted?.fetches).toMatchObject([
      { by: expect.any(String) },
      { by: expect.any(String) },
    ]);
    const gone = await verb('fetch', ref.applicationId, '--identity', key, '--to', `${to}2`);
    expect(gone).toMatchObject({ code: 3, stderr: expect.stringContaining(`deleted at`) });
  });

  test('refuses what cannot be read, in one line, and writes nothing', async () => {
    const { around, verb } = await archived();
    const other = join(around, 'other.txt');
    await writeFile(other, (await createArchiveKey()).identity);
    const out = join(around, 'out');
    const fetch = (id: string, file: string) => verb('fetch', id, '--identity', file, '--to', out);
    const key = join(around, 'key.txt');
    expect(await fetch('app-2', key)).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/^.*ARCHIVE_URL.*\n$/),
    });
    expect(await fetch(ref.applicationId, other)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('None of the keys'),
    });
    expect(await fetch(ref.applicationId, join(around, 'none'))).toMatchObject({ code: 2 });
    expect(await fetch('../x', key)).toMatchObject({ code: 2 });
    expect(await filesBelow(out)).toEqual([]);
  });

  test('names the setting when it is missing or wrong', async () => {
    expect(await run(['images', 'list'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('ARCHIVE_URL is not set'),
    });
    expect(await run(['images', 'list'], { ARCHIVE_URL: 'ftp://x' })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('ARCHIVE_URL'),
    });
  });
});

describe('images sweep', () => {
  test('lists without deleting; with --delete removes what is over and has no workflow, never under a hold', async () => {
    const { archive, storage, root, verb } = await archived(1);
    await archive.store({ ...second, keepFor: 1, zip });
    await archive.hold(second, because);
    const kept = { applicationId: 'app-2', evaluationId: 'app-2~0a1b2c3d~document_verification~1' };
    await archive.store({ ...kept, keepFor: day, zip });
    const killed = join(root, kept.applicationId, kept.evaluationId, '0123456789abcdef');
    await mkdir(killed);
    await writeFile(join(killed, 'selfie-1.jpg.age'), 'half');
    const yesterday = new Date(Date.now() - 2 * day);
    await utimes(join(killed, 'selfie-1.jpg.age'), yesterday, yesterday);
    await storage.putIfAbsent('somebody/else', Buffer.from('x'));

    const before = await keysIn(storage);
    const listed = await verb('sweep', '--json');
    expect(listed.code).toBe(0);
    expect(await keysIn(storage)).toEqual(before);
    const found = [
      { kind: 'no_workflow', ...ref, deletable: true },
      { kind: 'no_workflow', ...second, deletable: false },
      { kind: 'unfinished', ...kept, deletable: true, keys: 1 },
      { kind: 'no_workflow', ...kept, deletable: false },
      { kind: 'unknown', deletable: false },
    ];
    expect(jsonLines(listed.stdout)).toMatchObject(found.map((each) => ({ ...each, deleted: false })));

    const swept = await verb('sweep', '--delete', '--by', 'Ada', '--reason', 'yearly', '--json');
    expect(jsonLines(swept.stdout)).toMatchObject(
      found.map((each) => ({ ...each, deleted: each.deletable })),
    );
    expect((await readArchived(storage, ref)).deleted).toMatchObject({ by: 'Ada', reason: 'yearly' });
    expect((await readArchived(storage, second)).manifest).toBeDefined();
    expect((await readArchived(storage, kept)).manifest).toBeDefined();
    expect(await keysIn(storage)).toContain('somebody/else');
    expect(await keysIn(storage)).not.toContain(
      `${kept.applicationId}/${kept.evaluationId}/0123456789abcdef/selfie-1.jpg.age`,
    );
  });
});

describe('an archive with a record that cannot be read', () => {
  test('is listed and swept but for that evaluation, which is named', async () => {
    const { archive, root, verb } = await archived(1);
    await archive.store({ ...second, keepFor: 1, zip });
    await writeFile(join(root, second.applicationId, second.evaluationId, 'manifest.json'), 'damaged');
    const named = { code: 1, stderr: expect.stringContaining(`${second.evaluationId}/manifest.json`) };
    const listed = await verb('list', ref.applicationId, '--json');
    expect(listed).toMatchObject(named);
    expect(jsonLines(listed.stdout)).toMatchObject([{ ...ref, result: 'archived' }]);
    const swept = await verb('sweep', '--delete', '--json');
    expect(swept).toMatchObject(named);
    expect(jsonLines(swept.stdout)).toMatchObject([{ ...ref, kind: 'no_workflow', deleted: true }]);
  });

  test('is not made by a command: what it could not record is refused first', async () => {
    const { around, storage, verb } = await archived(1);
    const before = await keysIn(storage);
    const key = join(around, 'key.txt');
    const refused = (what: string) => ({ code: 2, stderr: expect.stringContaining(what) });
    const long = 'x'.repeat(1001);
    expect(await verb('sweep', '--delete', '--reason', long)).toMatchObject(refused('--reason'));
    expect(await verb('sweep', '--delete', '--by', '')).toMatchObject(refused('--by'));
    const fetch = ['fetch', ref.applicationId, '--identity', key, '--to', join(around, 'out')];
    for (const by of [' ', long]) expect(await verb(...fetch, '--by', by)).toMatchObject(refused('--by'));
    expect(await keysIn(storage)).toEqual(before);
  });
});

describe('images erase, where no workflow looks after the images,', () => {
  const why = ['--by', 'Ada', '--reason', 'asked for'];

  test('deletes them through the archive, with what killed runs left, and verifies it', async () => {
    const { archive, storage, verb } = await archived();
    await archive.store({ ...second, keepFor: day, zip });
    const prefix = `${ref.applicationId}/${ref.evaluationId}`;
    await storage.putIfAbsent(`${prefix}/0123456789abcdef/selfie-1.jpg.age`, Buffer.from('half'));
    const { code, stdout } = await verb('erase', ref.applicationId, ...why, '--json');
    expect(code).toBe(0);
    expect(jsonLines(stdout)).toMatchObject([
      { ...ref, result: 'deleted', removed: 4 },
      { ...second, result: 'deleted', removed: 3 },
    ]);
    expect((await keysIn(storage)).filter((key) => !key.endsWith('/deleted.json'))).toEqual([]);
    expect((await readArchived(storage, ref)).deleted).toMatchObject({ by: 'Ada', reason: 'asked for' });
    expect(await verb('erase', ref.applicationId, ...why)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('nothing of it is in the archive'),
    });
  });

  test('deletes nothing under a hold, and says so', async () => {
    const { archive, storage, verb } = await archived();
    await archive.hold(ref, because);
    const before = await keysIn(storage);
    expect(await verb('erase', ref.evaluationId, ...why)).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('under a legal hold since'),
    });
    expect(await keysIn(storage)).toEqual(before);
  });
});

describe('images hold and release, where no workflow looks after the images,', () => {
  const why = ['--by', 'Ada', '--reason', 'case 7'];

  test('hold them in the archive, keep an earlier hold, and release them there', async () => {
    const { archive, storage, verb } = await archived();
    await archive.store({ ...second, keepFor: day, zip });
    await archive.hold(second, because);

    const held = await verb('hold', ref.applicationId, ...why, '--json');
    expect(held.code).toBe(0);
    expect(jsonLines(held.stdout)).toMatchObject([
      { ...ref, state: null, hold: { by: 'Ada', reason: 'case 7' } },
      { ...second, state: null, hold: because },
    ]);
    expect((await readArchived(storage, ref)).hold).toMatchObject({ by: 'Ada', reason: 'case 7' });
    expect((await verb('hold', second.evaluationId, ...why)).stdout).toMatch(/by Mo Ito.*not recorded/s);

    const released = await verb('release', ref.evaluationId, ...why);
    expect(released).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/released in the archive.*no workflow will delete the images/s),
    });
    expect((await readArchived(storage, ref)).hold).toBeUndefined();
    expect(await keysIn(storage)).toContainEqual(expect.stringMatching(/\/release-[0-9a-f]+\.json$/));
    expect((await readArchived(storage, second)).hold).toBeDefined();
  });

  test('of several, one that is refused does not keep the others from being done', async () => {
    const { archive, storage, verb } = await archived();
    await archive.store({ ...second, keepFor: day, zip });
    await archive.hold(ref, because);
    const { code, stdout, stderr } = await verb('erase', ref.applicationId, ...why, '--json');
    expect({ code, stderr }).toMatchObject({ code: 4, stderr: expect.stringContaining('legal hold') });
    expect(jsonLines(stdout)).toMatchObject([{ ...second, result: 'deleted' }]);
    expect((await readArchived(storage, ref)).manifest).toBeDefined();
    expect((await readArchived(storage, second)).deleted).toMatchObject({ by: 'Ada' });
  });

  test('change nothing where there is nothing to hold or release, and say so', async () => {
    const { archive, storage, verb } = await archived();
    const noHold = { code: 4, stderr: expect.stringContaining('there is no hold') };
    expect(await verb('release', ref.applicationId, ...why)).toMatchObject(noHold);
    await archive.remove(ref, because);
    const before = await keysIn(storage);
    expect(await verb('release', ref.evaluationId, ...why)).toMatchObject(noHold);
    for (const id of [ref.applicationId, ref.evaluationId]) {
      const nothing = { code: 3, stderr: expect.stringContaining('there are no images to hold') };
      expect(await verb('hold', id, ...why)).toMatchObject(nothing);
    }
    expect(await keysIn(storage)).toEqual(before);
  });

  test('are held one by one, even if the record of another evaluation is damaged', async () => {
    const { archive, storage, root, verb } = await archived();
    await archive.store({ ...second, keepFor: day, zip });
    await writeFile(join(root, second.applicationId, second.evaluationId, 'manifest.json'), 'damaged');
    expect(await verb('hold', ref.evaluationId, ...why)).toMatchObject({ code: 0 });
    expect((await readArchived(storage, ref)).hold).toMatchObject({ by: 'Ada' });
  });

  test('name the setting without which the archive cannot be looked at', async () => {
    const env = { TEMPORAL_ADDRESS: inject('temporalAddress') };
    for (const name of ['hold', 'release', 'erase']) {
      expect(await run(['images', name, ref.applicationId, ...why], env)).toMatchObject({
        code: 3,
        stderr: expect.stringMatching(
          /no retention workflow.*the archive was not looked at, since ARCHIVE_URL is not set/,
        ),
      });
    }
  });

  test('act on the archive when somebody terminated the workflow', async () => {
    const { storage, verb } = await archived();
    const temporal = temporalClient(inject('temporalAddress'));
    onTestFinished(() => temporal.connection.close());
    const options = { workflowId: imagesWorkflowIdOf(ref.evaluationId), taskQueue: 'nobody', args: [] };
    const workflow = await temporal.workflow.start(imagesWorkflowType, options);
    await workflow.terminate('a mistake');
    expect(await verb('hold', ref.evaluationId, ...why)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('held in the archive since'),
    });
    expect((await readArchived(storage, ref)).hold).toMatchObject({ by: 'Ada' });
  });
});

describe('a finding', () => {
  const now = new Date('2026-05-01T00:00:00Z');
  const evaluation = {
    ...ref,
    objects: 2,
    bytes: 10,
    hold: undefined,
    deleted: undefined,
    unaccounted: [],
    manifest: {
      version: 1 as const,
      ...ref,
      evalId: null,
      archivedAt: '2026-01-01T00:00:00Z',
      keepUntil: '2026-04-01T00:00:00Z',
      run: '0123456789abcdef',
      recipients: [],
      files: [],
    },
  };
  const kinds = (more: object, runs: boolean) =>
    findingsOf({ ...evaluation, ...more }, runs, now).map(({ kind, deletable }) => [kind, deletable]);

  test('is none for an archive that its workflow keeps, and none for what is young', () => {
    const kept = { manifest: { ...evaluation.manifest, keepUntil: '2026-06-01T00:00:00Z' } };
    expect(kinds(kept, true)).toEqual([]);
    const young = {
      ...kept,
      unaccounted: [{ key: 'a', modifiedAt: new Date(now.getTime() - 3_600_000), inUse: false }],
    };
    expect(kinds(young, true)).toEqual([]);
  });

  test('is an overdue deletion, unless the images are held', () => {
    expect(kinds({}, true)).toEqual([['overdue', false]]);
    const hold = { by: 'x', reason: 'y', since: '2026-01-02T00:00:00Z' };
    expect(kinds({ hold }, true)).toEqual([]);
    expect(kinds({ hold }, false)).toEqual([['no_workflow', false]]);
  });

  test('is never deletable without a time to keep that is over', () => {
    expect(kinds({ manifest: { ...evaluation.manifest, keepUntil: null } }, false)).toEqual([
      ['no_workflow', false],
    ]);
  });
});

describe('a finding that is deletable', () => {
  const unfinished: Finding = {
    kind: 'unfinished',
    ref,
    keys: [
      { key: `${ref.applicationId}/${ref.evaluationId}/0123456789abcdef/selfie-1.jpg.age`, inUse: false },
    ],
    deletable: true,
    why: '',
  };
  const whole: Finding = { ...unfinished, kind: 'no_workflow', keys: [] };
  const clock = () => new Date();

  test.each([unfinished, whole])('is left where a hold came after the listing: $kind', async (finding) => {
    const { archive, storage } = await archived(1);
    for (const { key } of finding.keys) await storage.putIfAbsent(key, Buffer.from('half'));
    await archive.hold(ref, because);
    const before = await keysIn(storage);
    expect(await removeFinding(storage, finding, because, clock)).toBe(false);
    expect(await keysIn(storage)).toEqual(before);
  });

  test.each([unfinished, whole])('is left where the storage itself holds it: $kind', async (finding) => {
    const { storage } = await archived(1);
    const locked: typeof storage = {
      ...storage,
      held: () => Promise.resolve(true),
      delete: () => Promise.reject(new StorageError('StorageHeld', 'locked')),
    };
    expect(await removeFinding(locked, finding, because, clock)).toBe(false);
  });

  test('takes the old versions of an object that is in use, and leaves the object', async () => {
    const { storage } = await archived();
    const old = new Set(
      ['manifest.json', 'hold.json'].map((name) => `${ref.applicationId}/${ref.evaluationId}/${name}`),
    );
    const versioned: typeof storage = {
      ...storage,
      async *list(prefix, options) {
        yield* storage.list(prefix, options);
        for (const key of old) yield { key, bytes: 1, modifiedAt: new Date(0), leftover: true };
      },
      deleteLeftovers: (key) => Promise.resolve(Number(old.delete(key))),
      delete: (key) => (old.delete(key), storage.delete(key)),
    };
    const before = await keysIn(storage);
    for await (const each of surveyArchive(versioned)) {
      for (const finding of findingsOf(each, true, new Date())) {
        expect(finding).toMatchObject({ kind: 'unfinished', deletable: true });
        expect(await removeFinding(versioned, finding, because, clock)).toBe(true);
      }
    }
    expect(await keysIn(storage)).toEqual(before);
    expect([...old]).toEqual([]);
  });
});
