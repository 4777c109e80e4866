import { onTestFinished, vi } from 'vitest';
import { openStorage, type Storage } from '../../src/storage/index.ts';
import { openS3Storage } from '../../src/storage/s3/storage.ts';
import type { Served } from '../support/serve.ts';

/** The storage in the bucket of a server. Both are closed when the test ends. */
export function storageAt(served: Served, query = ''): Storage {
  return closedLater(served, () =>
    openStorage(`s3://bucket/p?endpoint=${served.url}&region=us-east-1${query}`, {}),
  );
}

/** The same, which waits for an answer for a tenth of a second only. */
export function impatientStorageAt(served: Served): Storage {
  return closedLater(served, () =>
    openS3Storage(
      `s3://bucket?endpoint=${served.url}&region=us-east-1`,
      {},
      { connection: 1000, request: 100 },
    ),
  );
}

function closedLater(served: Served, open: () => Storage): Storage {
  vi.stubEnv('AWS_ACCESS_KEY_ID', 'id-of-the-tests');
  vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'secret-of-the-tests');
  const storage = open();
  onTestFinished(async () => {
    vi.unstubAllEnvs();
    storage.close();
    await served.close();
  });
  return storage;
}
