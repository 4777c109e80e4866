import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';

const exec = promisify(execFile);
const root = fileURLToPath(new URL('../../', import.meta.url));

let home: string;
/** A copy of what the build has made, with a source. */
let copy: string;
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), 'candidate-funnel-build-'));
  copy = join(home, 'copy');
  await mkdir(join(copy, 'src'), { recursive: true });
  await writeFile(join(copy, 'src/file.ts'), 'one');
  await writeFile(join(copy, '.gitignore'), 'dist\nnode_modules\nbin\n');
  await cp(join(root, 'package.json'), join(copy, 'package.json'));
  await cp(join(root, 'dist'), join(copy, 'dist'), { recursive: true });
  await cp(join(root, 'bin'), join(copy, 'bin'), { recursive: true });
  await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const environment = () => ({ PATH: process.env['PATH'], HOME: home });

async function git(folder: string, ...args: string[]): Promise<string> {
  const author = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com'];
  return (await exec('git', [...author, ...args], { cwd: folder, env: environment() })).stdout.trim();
}

/** Runs the build's step; resolves with the id it wrote, and what it said. */
async function build(env: Record<string, string> = {}): Promise<{ buildId: unknown; said: string }> {
  const { stderr } = await exec(process.execPath, [join(copy, 'dist/src/write-build-info.js')], {
    env: { ...environment(), ...env },
  });
  const { buildId } = JSON.parse(await readFile(join(copy, 'dist/build-info.json'), 'utf8'));
  return { buildId, said: stderr };
}

async function commit(folder: string): Promise<string> {
  await git(folder, 'init', '-q');
  await git(folder, 'add', '.');
  await git(folder, 'commit', '-qm', 'all');
  return git(folder, 'rev-parse', '--short=12', 'HEAD');
}

test('the build id is the commit; each set of changes that are not committed is another build', async () => {
  const id = await commit(copy);
  expect(await build()).toEqual({ buildId: id, said: '' });
  await writeFile(join(copy, 'src/file.ts'), 'two');
  const { buildId: changed } = await build();
  expect(changed).toMatch(new RegExp(`^${id}-dirty-[0-9a-f]{8}$`));
  expect((await build()).buildId).toBe(changed);
  await writeFile(join(copy, 'src/new.ts'), 'three');
  expect((await build()).buildId).not.toBe(changed);
});

test('without git, or inside another repository, a build has no id unless WORKER_BUILD_ID gives it one', async () => {
  const none = { buildId: null, said: expect.stringContaining('set WORKER_BUILD_ID') };
  expect(await build()).toEqual(none);
  await commit(home);
  expect(await build()).toEqual(none);
  expect(await build({ WORKER_BUILD_ID: 'release-7' })).toEqual({ buildId: 'release-7', said: '' });
  await expect(build({ WORKER_BUILD_ID: 'a b' })).rejects.toThrow('WORKER_BUILD_ID must have');
});

test('a worker with a deployment and a build without an id does not start, and names the setting', async () => {
  await build();
  const started = exec(process.execPath, [join(copy, 'bin/candidate-funnel.js'), 'worker'], {
    env: { ...environment(), WORKER_DEPLOYMENT_NAME: 'candidate-funnel' },
  });
  await expect(started).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining('WORKER_BUILD_ID is not set, and is needed with WORKER_DEPLOYMENT_NAME'),
  });
});
