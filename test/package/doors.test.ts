import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { satisfies } from 'semver';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = async (name: string): Promise<unknown> => JSON.parse(await readFile(join(root, name), 'utf8'));
const manifest = z.object({
  exports: z.record(z.string(), z.string()),
  engines: z.object({ node: z.string() }),
});

/** Somebody's project, in which this package is installed. */
let project: string;
beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), 'candidate-funnel-doors-'));
  await mkdir(join(project, 'node_modules/@types'), { recursive: true });
  await symlink(root, join(project, 'node_modules/candidate-funnel'));
  await symlink(join(root, 'node_modules/@types/node'), join(project, 'node_modules/@types/node'));
});
afterAll(() => rm(project, { recursive: true }));

async function compiled(source: string): Promise<string> {
  const compilerOptions = {
    strict: true,
    module: 'nodenext',
    target: 'es2023',
    lib: ['es2023'],
    types: ['node'],
    noUncheckedIndexedAccess: true,
    skipLibCheck: false,
    noEmit: true,
  };
  await writeFile(join(project, 'package.json'), '{"type":"module"}');
  await writeFile(join(project, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['doors.ts'] }));
  await writeFile(join(project, 'doors.ts'), source);
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const run = promisify(execFile)(process.execPath, [tsc, '-p', project]);
  return run.then(
    ({ stdout }) => stdout,
    (error: unknown) => (error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error)),
  );
}

describe('a strict project that checks its libraries', () => {
  test('compiles against every door', async () => {
    const { exports } = manifest.parse(await read('package.json'));
    const doors = Object.keys(exports).filter((door) => !door.endsWith('.json'));
    expect(doors).toContain('./worker');
    const source = doors.map((door, at) => `export * as door${at} from 'candidate-funnel${door.slice(1)}';`);
    expect(await compiled(source.join('\n'))).toBe('');
  });

  test('is told where it is wrong', async () => {
    const source = `import { createFunnelClient } from 'candidate-funnel';\ncreateFunnelClient().startFunnel({});`;
    expect(await compiled(source)).toContain('applicationId');
  });
});

test('every dependency runs on the oldest Node.js that is supported', async () => {
  const { engines } = manifest.parse(await read('package.json'));
  const oldest = engines.node.replace('>=', '');
  const lock = z.object({
    packages: z.record(
      z.string(),
      z.object({
        dev: z.boolean().optional(),
        optional: z.boolean().optional(),
        engines: z.object({ node: z.string().optional() }).optional().catch(undefined),
      }),
    ),
  });
  const { packages } = lock.parse(await read('package-lock.json'));
  const wrong = Object.entries(packages).flatMap(([name, { engines: wanted, optional }]) =>
    optional || wanted?.node === undefined || satisfies(oldest, wanted.node)
      ? []
      : [`${name} needs ${wanted.node}`],
  );
  expect(wrong).toEqual([]);
});
