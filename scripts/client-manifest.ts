import { readdir, readFile } from 'node:fs/promises';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { z } from 'zod';

export const rootManifest = z.object({
  version: z.string(),
  license: z.string(),
  engines: z.record(z.string(), z.string()),
  dependencies: z.record(z.string(), z.string()),
});

/** The parts of the project that an HR system runs. */
export const clientRooms = ['client', 'contract'];

/**
 * What no file imports and the declarations need all the same: Temporal's import the types of ms, and one protobufjs for
 * all of Temporal's packages takes less room than one for each.
 */
const silent = ['@types/ms', 'protobufjs'];

/** The client's package.json: the root's version, and of its dependencies those that the client's files import. */
export async function clientManifest(
  { version, license, engines, dependencies }: z.infer<typeof rootManifest>,
  dist: string,
) {
  const names = new Set([...silent, ...(await importsOf(dist))]);
  return {
    name: 'candidate-funnel-client',
    version,
    description:
      'The client of candidate-funnel for HR systems: start, steer and watch funnels through Temporal',
    license,
    type: 'module',
    engines,
    exports: { '.': './dist/client/index.js', './contract': './dist/contract/index.js' },
    files: ['dist', 'CHANGELOG.md'],
    dependencies: Object.fromEntries(
      [...names].toSorted().map((name) => {
        const wanted = dependencies[name];
        if (wanted === undefined) throw new Error(`the client imports ${name}, which is no dependency`);
        return [name, wanted];
      }),
    ),
  };
}

/** The packages that the client's built files and declarations import. */
async function importsOf(dist: string): Promise<string[]> {
  const names: string[] = [];
  for (const room of clientRooms) {
    for (const file of await readdir(join(dist, 'src', room), { recursive: true })) {
      if (!/\.(js|d\.ts)$/.test(file)) continue;
      const text = await readFile(join(dist, 'src', room, file), 'utf8');
      for (const [, specifier = ''] of text.matchAll(/\b(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)) {
        if (!specifier.startsWith('.') && !isBuiltin(specifier)) names.push(packageOf(specifier));
      }
    }
  }
  return names;
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
