import { execFile } from 'node:child_process';
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';

const exec = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));
const history = 'test/replay/histories/0.1.0/funnel-accept-recorded.1.json';
const state = 'test/replay/states/1/review.json';

let home: string;
/** A repository with what the checks look at, and few histories. */
let copy: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'candidate-funnel-release-'));
  copy = join(home, 'copy');
  const parts = [
    'package.json',
    'package-lock.json',
    '.npmrc',
    'CHANGELOG.md',
    'tsconfig.json',
    'src',
    'workflows',
    'activities',
    'types',
    'scripts',
    'dist',
    'test/replay/states',
    history,
    history.replace('accept', 'resubmit-then-accept'),
  ];
  for (const part of parts) await cp(join(root, part), join(copy, part), { recursive: true });
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
  await writeFile(join(copy, '.gitignore'), 'dist\nnode_modules\n');
  await write('CHANGELOG.md', (text) => text.replace('– unreleased', '– 2027-01-31'));
  await git('init', '-q');
  await git('add', '.');
  await git('-c', 'user.name=Test', '-c', 'user.email=test@example.com', 'commit', '-qm', 'all');
});
afterAll(() => rm(home, { recursive: true, force: true }));
beforeEach(() => git('checkout', '-q', '.'));

async function git(...args: string[]): Promise<void> {
  await exec('git', args, { cwd: copy, env: { PATH: process.env['PATH'], HOME: home } });
}

async function write(file: string, change: (text: string) => string): Promise<void> {
  const before = await readFile(join(copy, file), 'utf8');
  const after = change(before);
  expect(after).not.toBe(before);
  await writeFile(join(copy, file), after);
}

async function check(...names: string[]): Promise<{ code: unknown; stdout: string }> {
  const script = join(copy, 'scripts/release/main.ts');
  try {
    const { stdout } = await exec(process.execPath, ['--import', 'tsx', script, ...names], { cwd: copy });
    return { code: 0, stdout };
  } catch (error) {
    const { code, stdout } = Object(error);
    return { code, stdout: String(stdout) };
  }
}

describe('the release check', () => {
  test('passes a tree whose histories and states replay, and says that it was not all', async () => {
    const { code, stdout } = await check('tree', 'changelog', 'histories', 'states', 'licences');
    expect({ code, stdout }).toMatchObject({ code: 0 });
    expect(stdout.match(/^ok /gm)).toHaveLength(5);
    expect(stdout).toContain('a release needs all of them');
  });

  test('refuses a history that does not replay, and names it', async () => {
    await write(history, (text) => text.replaceAll('createEvaluation', 'somethingElse'));
    const { code, stdout } = await check('histories');
    expect(code).toBe(1);
    expect(stdout).toMatch(
      new RegExp(`^REFUSED {2}histories: ${history} does not replay: .*ondeterminism`, 'm'),
    );
    expect(stdout.match(/REFUSED/g)).toHaveLength(1);
  });

  test('refuses a state that today does not read, and names it', async () => {
    await write(state, (text) => text.replace('"stage": "review"', '"stage": "limbo"'));
    const { code, stdout } = await check('states');
    expect(code).toBe(1);
    expect(stdout).toMatch(new RegExp(`^REFUSED {2}states: ${state} cannot be read: .*position`, 'm'));
  });

  test('refuses a tree that is not committed, a version without an entry, and one without a date', async () => {
    await write('package.json', (text) => text.replace('"version": "0.1.0"', '"version": "9.9.9"'));
    const { code, stdout } = await check('tree', 'changelog');
    expect(code).toBe(1);
    expect(stdout).toContain('REFUSED  tree: not committed: package.json');
    expect(stdout).toContain('REFUSED  changelog: CHANGELOG.md has no heading "## 9.9.9');
    await git('checkout', '-q', '.');
    await write('CHANGELOG.md', (text) => text.replace('– 2027-01-31', '– unreleased'));
    expect((await check('changelog')).stdout).toContain('REFUSED  changelog: the heading of 0.1.0');
  });

  test('refuses a production package whose licence is not on the list, and one without a licence', async () => {
    await write('package-lock.json', (text) =>
      text.replace(
        '"packages": {',
        '"packages": { "node_modules/copyleft": { "license": "AGPL-3.0-only" }, "node_modules/nobodys": {},' +
          '"node_modules/either": { "license": "(MIT OR GPL-3.0)" }, "node_modules/tool": { "dev": true, "license": "GPL-3.0" },',
      ),
    );
    const { code, stdout } = await check('licences');
    expect(code).toBe(1);
    expect(stdout).toContain('copyleft has the licence AGPL-3.0-only');
    expect(stdout).toContain('nobodys names no licence');
    expect(stdout.match(/REFUSED/g)).toHaveLength(2);
  });

  test('writes an SBOM of what a production install brings', async () => {
    expect(await check('sbom')).toMatchObject({ code: 0 });
    const bom: { metadata: { component: object }; components: { name: string; version: string }[] } =
      JSON.parse(await readFile(join(copy, 'dist/sbom.cdx.json'), 'utf8'));
    expect(bom).toMatchObject({
      bomFormat: 'CycloneDX',
      metadata: { component: { name: 'candidate-funnel' } },
    });
    const names = bom.components.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['zod', '@temporalio/worker', 'undici']));
    expect(names).not.toContain('vitest');
  });

  test('knows the names of its checks', async () => {
    expect(await check('history')).toMatchObject({
      code: 1,
      stdout: expect.stringContaining('no check history'),
    });
  });
});
