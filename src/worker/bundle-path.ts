import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** Where `npm run build` puts the workflow bundle, seen from the sources as well as from `dist`. */
export const bundlePath = firstExisting(['../../workflow-bundle.js', '../../dist/workflow-bundle.js']);

/** The same workflows, whose failures go through the payload codec. */
export const encryptedBundlePath = firstExisting([
  '../../workflow-bundle-encrypted.js',
  '../../dist/workflow-bundle-encrypted.js',
]);

function firstExisting(candidates: [string, ...string[]]): string {
  const paths = candidates.map((path) => fileURLToPath(new URL(path, import.meta.url)));
  return paths.find((path) => existsSync(path)) ?? fileURLToPath(new URL(candidates[0], import.meta.url));
}
