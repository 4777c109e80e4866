export { openArchive, type Archive } from './archive.ts';
export { ArchiveError } from './errors.ts';
export { createArchiveKey } from './keys.ts';
export type { Limits } from './unzip.ts';
