export { StorageError, type StorageProblem } from './errors.ts';
export { claimObject, readObject } from './objects.ts';
export { openStorage } from './open.ts';
export { type Storage, type StorageLimit, storageLimits } from './storage.ts';
