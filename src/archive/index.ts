export { type Archive, openArchive, storageAt } from './archive.ts';
export { type Budget, createBudget, type Lease } from './budget.ts';
export {
  type Because,
  deleteImages,
  type Expected,
  holdImages,
  refuseHeld,
  releaseImages,
} from './delete.ts';
export { ArchiveError, type ArchiveProblem, HeldError, ZipRefusedError } from './errors.ts';
export { createAgeKey as createArchiveKey } from '../age.ts';
export type { EvaluationRef } from './layout.ts';
export { type Archived, openImages, readArchived, recordFetch } from './read.ts';
export { type Stray, type Surveyed, surveyArchive } from './survey.ts';
export type { Limits } from './zip/limits.ts';
export { StorageError, type StorageProblem } from '../storage/index.ts';
