import { builtFile } from '../built-file.ts';

/** What `failureConverterPath` of Temporal's data converter takes; built code only, since Temporal loads it by itself. */
export const failureConverterPath = builtFile(import.meta.url, [
  './failure-converter.js',
  '../../dist/src/codec/failure-converter.js',
]);
