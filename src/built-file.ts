import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The path of a file in `dist`, which the module that asks finds as built code and as a source: the first that is there. */
export function builtFile(from: string, candidates: [string, ...string[]]): string {
  const paths = candidates.map((path) => fileURLToPath(new URL(path, from)));
  return paths.find((path) => existsSync(path)) ?? fileURLToPath(new URL(candidates[0], from));
}
