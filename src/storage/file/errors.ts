import { StorageError, type StorageProblem } from '../errors.ts';

/** The system's error code of a file system call, such as ENOSPC. */
export function codeOf(error: unknown): string | undefined {
  const fromSystem = error instanceof Error && 'syscall' in error && 'code' in error;
  return fromSystem && typeof error.code === 'string' ? error.code : undefined;
}

/** What the work returns, or `otherwise` where it meets one of these codes. */
export async function unless<T>(codes: readonly string[], work: () => Promise<T>, otherwise: T): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (codes.includes(codeOf(error) ?? '')) return otherwise;
    throw error;
  }
}

const problems: Record<string, [StorageProblem, string]> = {
  ENOSPC: ['StorageFull', 'has no room left; make room'],
  EDQUOT: ['StorageFull', 'has used up its quota; raise it or make room'],
  EACCES: ['StorageDenied', 'may not be written or read by this process; check its owner and mode'],
  EPERM: ['StorageDenied', 'may not be changed by this process; check its owner and mode'],
  EROFS: ['StorageDenied', 'is mounted read-only; mount it read-write'],
  ENOTDIR: ['StorageMissing', 'is not a folder, or is below a file; check the URL'],
  ENOENT: ['StorageMissing', 'is gone; check that it is mounted'],
  ELOOP: [
    'StorageUnsafe',
    'has a symbolic link in place of a file; find out who put it there, and remove it',
  ],
};

/** A file system's error in the storage's words; any other error as it is. */
export function problemOf(error: unknown): unknown {
  const code = codeOf(error);
  if (code === undefined) return error;
  const [type, what] = problems[code] ?? ['StorageUnavailable', 'cannot be used; check that it is mounted'];
  return new StorageError(type, `The storage folder ${what} (${code}).`, { cause: error });
}
