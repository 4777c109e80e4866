import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { blocksOf, pages, placeOf, root } from './pages.ts';

/** What a reader has of their own, by the name that a snippet uses without declaring it. */
const readersOwn: Record<string, string> = {
  candidate:
    "import type { ApplicationInput } from 'candidate-funnel'; declare const candidate: ApplicationInput['candidate'];",
  showToCandidate:
    'declare function showToCandidate(url: string, advice?: { key: string; text: string }[]): void;',
  tellSomebody: 'declare function tellSomebody(action: object): void;',
  askAPerson: 'declare function askAPerson(action: object): void;',
  Webhook: "import { Webhook } from 'standardwebhooks';",
  secret: 'declare const secret: string;',
  body: 'declare const body: string;',
  headers: 'declare const headers: Record<string, string>;',
  url: 'declare const url: string;',
  token: 'declare const token: string;',
  username: 'declare const username: string;',
  password: 'declare const password: string;',
  evaluationId: 'declare const evaluationId: string;',
  evalId: 'declare const evalId: string;',
};

const snippets = pages.flatMap((page) =>
  blocksOf(page, ['ts', 'typescript']).map((node) => ({
    place: placeOf(page, node),
    file: `${placeOf(page, node).replaceAll(/[/:]/g, '-')}.ts`,
    source: node.value,
  })),
);

/** A reader's project, in which the package is installed. */
let project: string;
let errors: string;
beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'candidate-funnel-snippets-'));
  for (const name of ['@types/node', 'standardwebhooks', '@temporalio', 'zod']) {
    const link = join(project, 'node_modules', name);
    await mkdir(dirname(link), { recursive: true });
    await symlink(join(root, 'node_modules', name), link);
  }
  // The client's package of its own has the same main entry point.
  for (const name of ['candidate-funnel', 'candidate-funnel-client'])
    await symlink(root, join(project, 'node_modules', name));
  errors = await compile([...snippets, broken]);
});
afterAll(() => rm(project, { recursive: true }));

const broken = {
  file: 'broken.ts',
  source:
    "import { createFunnelClient } from 'candidate-funnel';\nawait createFunnelClient().funnel('a').review({});",
};

async function compile(files: readonly { file: string; source: string }[]): Promise<string> {
  const compilerOptions = {
    strict: true,
    module: 'nodenext',
    target: 'es2023',
    lib: ['es2023'],
    types: ['node'],
    skipLibCheck: true,
    noEmit: true,
  };
  await writeFile(join(project, 'package.json'), '{"type":"module"}');
  await writeFile(
    join(project, 'tsconfig.json'),
    JSON.stringify({ compilerOptions, files: files.map(({ file }) => file) }),
  );
  for (const { file, source } of files) {
    // On one line before the snippet, so that errors name the snippet's lines.
    await writeFile(join(project, file), `export {}; ${preambleOf(source)}\n${source}\n`);
  }
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  return promisify(execFile)(process.execPath, [tsc, '-p', '.'], { cwd: project }).then(
    ({ stdout }) => stdout,
    (error: unknown) => (error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error)),
  );
}

/** Declares what the snippet uses, and neither imports nor declares. */
function preambleOf(source: string): string {
  return Object.entries(readersOwn)
    .filter(([name]) => new RegExp(`(?<![.\\w'"/])${name}\\b(?!['"/-])`).test(source))
    .filter(([name]) => {
      const declared = `\\b(const|let|function|class)\\s+(\\{[^}]*)?\\b${name}\\b`;
      const imported = `\\bimport\\s[^;{]*\\{[^}]*\\b${name}\\b`;
      return !new RegExp(`${declared}|${imported}`).test(source);
    })
    .map(([, declaration]) => declaration)
    .join(' ');
}

test.each(snippets)('the TypeScript of $place compiles against the package', ({ file }) => {
  expect(errors.split('\n').filter((line) => line.startsWith(file))).toEqual([]);
});

test('a snippet that is wrong does not compile', () => {
  expect(errors).toMatch(/^broken\.ts\(3,/m);
});
