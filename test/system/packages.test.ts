import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/** Needs the npm registry that `npm ci` used. */
const run = promisify(execFile);
const root = fileURLToPath(new URL('../..', import.meta.url));
const environment = { ...process.env, npm_config_fund: 'false', npm_config_audit: 'false' };

const packages = [
  {
    name: 'candidate-funnel',
    pack: ['pack', '--ignore-scripts'],
    doors: ['', '/contract', '/riskos', '/worker', '/relay', '/emulator'],
    bound: null,
  },
  {
    name: 'candidate-funnel-client',
    pack: ['run', '--silent', 'pack:client', '--'],
    doors: ['', '/contract'],
    bound: { packages: 60, bytes: 40_000_000 },
  },
];

describe.each(packages)(
  '$name, installed from its tarball in an empty project',
  ({ name, pack, doors, bound }) => {
    let project: string;
    const node = (...options: string[]) => run(process.execPath, options, { cwd: project });

    beforeAll(async () => {
      project = await mkdtemp(join(tmpdir(), `${name}-`));
      await run('npm', [...pack, '--pack-destination', project], { cwd: root, env: environment });
      const [tarball = ''] = (await readdir(project)).filter((file) => file.endsWith('.tgz'));
      await writeFile(
        join(project, 'package.json'),
        JSON.stringify({ name: 'hr', private: true, type: 'module' }),
      );
      await run('npm', ['install', '--ignore-scripts', `./${tarball}`], { cwd: project, env: environment });
    });
    afterAll(() => rm(project, { recursive: true }));

    test('is imported by ESM and by require()', async () => {
      const specifiers = doors.map((door) => `${name}${door}`);
      await writeFile(join(project, 'esm.mjs'), specifiers.map((each) => `import '${each}';`).join('\n'));
      await writeFile(
        join(project, 'common.cjs'),
        `${specifiers.map((each) => `require('${each}');`).join('\n')}\nconsole.log(typeof require('${name}').createFunnelClient);`,
      );
      await node('esm.mjs');
      expect((await node('common.cjs')).stdout).toBe('function\n');
    });

    test('compiles in a strict project that checks its libraries', async () => {
      const compilerOptions = { strict: true, module: 'nodenext', target: 'es2023', lib: ['es2023'] };
      await writeFile(
        join(project, 'tsconfig.json'),
        JSON.stringify({
          compilerOptions: { ...compilerOptions, types: ['node'], skipLibCheck: false, noEmit: true },
          files: ['hr.ts'],
        }),
      );
      await writeFile(
        join(project, 'hr.ts'),
        [
          ...doors.map((door, at) => `export * as door${at} from '${name}${door}';`),
          `import { createFunnelClient } from '${name}';`,
          `export const stage: Promise<string> = createFunnelClient().funnel('app-1').status().then((status) => status.stage);`,
        ].join('\n'),
      );
      const tsc = join(root, 'node_modules/typescript/bin/tsc');
      const { stdout } = await node(tsc, '-p', project).catch((error: unknown) =>
        error instanceof Error && 'stdout' in error
          ? { stdout: String(error.stdout) }
          : Promise.reject(error),
      );
      expect(stdout).toBe('');
    });

    const bounds = bound === null ? [] : [bound];
    test.each(bounds)('brings at most $packages packages and $bytes bytes along', async (most) => {
      const files = await filesBelow(join(project, 'node_modules'));
      const folders = new Set(files.filter(isManifest).map((file) => dirname(file)));
      const installed = [...folders].map((folder) => folder.slice(project.length));
      const sizes = await Promise.all(files.map(async (file) => (await stat(file)).size));
      const bytes = sizes.reduce((sum, size) => sum + size, 0);
      expect(installed.length).toBeLessThanOrEqual(most.packages);
      expect(bytes).toBeLessThanOrEqual(most.bytes);
      for (const heavy of ['@temporalio/worker', '@swc/core', 'webpack', '@aws-sdk', 'fastify', 'undici']) {
        expect(installed.filter((folder) => `${folder}/`.includes(`/node_modules/${heavy}/`))).toEqual([]);
      }
    });
  },
);

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

/** True for the package.json of an installed package, and not for one inside its own folders. */
function isManifest(file: string): boolean {
  const folder = dirname(file);
  const parent = dirname(folder);
  const owner = basename(parent).startsWith('@') ? dirname(parent) : parent;
  return basename(file) === 'package.json' && basename(owner) === 'node_modules';
}
