import { builtFile } from '../built-file.ts';

/** Where `npm run build` puts the workflow bundle, seen from the sources as well as from `dist`. */
export const bundlePath = builtFile(import.meta.url, [
  '../../workflow-bundle.js',
  '../../dist/workflow-bundle.js',
]);

/** The same workflows, whose failures go through the payload codec. */
export const encryptedBundlePath = builtFile(import.meta.url, [
  '../../workflow-bundle-encrypted.js',
  '../../dist/workflow-bundle-encrypted.js',
]);
