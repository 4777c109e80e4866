import { storageAt } from '../../archive/index.ts';
import { archiveUrlSettings, readSettings } from '../../config.ts';
import type { Storage } from '../../storage/index.ts';

/** Runs one verb with the storage that `ARCHIVE_URL` names. */
export async function withStorage<T>(work: (storage: Storage) => Promise<T>): Promise<T> {
  const storage = storageAt(readSettings(archiveUrlSettings).ARCHIVE_URL);
  try {
    return await work(storage);
  } finally {
    storage.close();
  }
}
