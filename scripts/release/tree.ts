import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';

const exec = promisify(execFile);

/** What is not committed: a release is a commit. */
export async function treeFaults(root: string): Promise<string[]> {
  const { stdout } = await exec('git', ['status', '--porcelain'], { cwd: root });
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => `not committed: ${line.slice(3)}`);
}

/** The changelog needs a dated heading of the package's version, with an entry under it. */
export async function changelogFaults(root: string): Promise<string[]> {
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')));
  const changelog = await readFile(join(root, 'CHANGELOG.md'), 'utf8');
  const section = changelog.split(/^## /m).find((one) => one.split(/\s/, 1)[0] === version);
  if (section === undefined) return [`CHANGELOG.md has no heading "## ${version} – date"`];
  return [
    ...(/^\S+ – \d{4}-\d\d-\d\d$/m.test(section.split('\n', 1)[0] ?? '')
      ? []
      : [`the heading of ${version} in CHANGELOG.md has no date: "## ${version} – 2027-01-31"`]),
    ...(/^- /m.test(section) ? [] : [`CHANGELOG.md has no entry under ${version}`]),
  ];
}

/** Generated pages, schemas, links, commands and settings of the docs against the code. */
export async function docsFaults(root: string): Promise<string[]> {
  const tests = ['test/reference', 'test/docs', 'test/errors-page', 'test/unit/funnel-page.test.ts'];
  try {
    await exec(
      process.execPath,
      [join(root, 'node_modules/vitest/vitest.mjs'), 'run', '--config', 'vitest.fast.config.ts', ...tests],
      { cwd: root, maxBuffer: 64 * 1024 ** 2 },
    );
    return [];
  } catch {
    return [`the docs do not match the code: run "npx vitest run ${tests.join(' ')}", then "npm run docs"`];
  }
}
