import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** What `failureConverterPath` of Temporal's data converter takes; built code only, since Temporal loads it by itself. */
export const failureConverterPath = firstExisting([
  './failure-converter.js',
  '../../dist/src/codec/failure-converter.js',
]);

function firstExisting(candidates: [string, ...string[]]): string {
  const paths = candidates.map((path) => fileURLToPath(new URL(path, import.meta.url)));
  return paths.find((path) => existsSync(path)) ?? fileURLToPath(new URL(candidates[0], import.meta.url));
}
