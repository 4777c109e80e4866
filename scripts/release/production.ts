import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const lock = z.object({
  packages: z.record(
    z.string(),
    z.object({
      dev: z.boolean().optional(),
      version: z.string().optional(),
      license: z.string().optional(),
    }),
  ),
});

interface LockedPackage {
  /** Its folder below the root. */
  path: string;
  name: string;
  version: string | undefined;
  /** SPDX, as the lock file has it. */
  license: string | undefined;
}

/** Every package that a production install brings, by the lock file. */
export async function productionPackages(root: string): Promise<LockedPackage[]> {
  const { packages } = lock.parse(JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')));
  return Object.entries(packages).flatMap(([path, { dev, version, license }]) =>
    path === '' || dev ? [] : [{ path, name: path.replace(/^.*node_modules\//, ''), version, license }],
  );
}
