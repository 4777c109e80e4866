/** Part of `npm run build`: writes which commit the build is made of. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { valueOf } from './client/settings.ts';
import { buildIdWords, isBuildId } from './worker/build-id.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
/** What the build is made of. */
const built = ['src', 'workflows', 'activities', 'types', 'package.json', 'package-lock.json'];
writeFileSync(join(root, 'dist/build-info.json'), `${JSON.stringify({ buildId: buildId() })}\n`);

function buildId(): string | null {
  const { value: given, fault } = valueOf('WORKER_BUILD_ID', process.env);
  if (fault !== undefined) throw new Error(fault);
  if (given) {
    if (!isBuildId(given)) throw new Error(`WORKER_BUILD_ID ${buildIdWords}`);
    return given;
  }
  if (isOfGit()) return buildIdOfGit();
  process.stderr.write(
    'not built from a git repository, so the build has no id: set WORKER_BUILD_ID for the build or for each worker\n',
  );
  return null;
}

/** False for a copy inside another repository, such as an installed package: its commit is not ours. */
function isOfGit(): boolean {
  try {
    return git('rev-parse', '--show-prefix').trim() === '';
  } catch {
    return false;
  }
}

/** The commit; with changes that are not committed also a hash of them, so that two such builds differ. */
function buildIdOfGit(): string {
  const commit = git('rev-parse', '--short=12', 'HEAD').trim();
  const changed = git('diff', 'HEAD', '--binary', '--', ...built);
  const untracked = git('ls-files', '--others', '--exclude-standard', '-z', '--', ...built)
    .split('\0')
    .filter(Boolean);
  if (changed === '' && untracked.length === 0) return commit;
  const hash = createHash('sha256').update(changed);
  for (const file of untracked) hash.update(file).update(readFileSync(join(root, file)));
  return `${commit}-dirty-${hash.digest('hex').slice(0, 8)}`;
}

function git(...args: string[]): string {
  return execFileSync('git', args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 ** 2,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}
