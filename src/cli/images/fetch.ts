import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { openImages, recordFetch, type Surveyed, surveyArchive } from '../../archive/index.ts';
import { imagesUpdates } from '../../contract/index.ts';
import { createLogger } from '../../logging.ts';
import type { Storage } from '../../storage/index.ts';
import { InputError } from '../errors.ts';
import { print } from '../output.ts';
import { checkedBecause } from './because.ts';
import { withStorage } from './storage.ts';

export interface FetchOptions {
  identity: string;
  to: string;
  evaluation?: string;
  by: string;
  json?: boolean;
}

/** Nothing is archived of the application, or nothing any more. */
class ImagesNotFound extends Error {
  readonly type = 'ImagesNotFound';
}

/** Decrypts the images of an application into a folder, each into `{evaluationId}/{name}`. */
export async function fetchImages(applicationId: string, options: FetchOptions): Promise<void> {
  const identity = await readFile(options.identity, 'utf8').catch(() => {
    throw new InputError('--identity names a file that cannot be read');
  });
  const { by } = checkedBecause(imagesUpdates.retry, { by: options.by });
  await withStorage(async (storage) => {
    const wanted = await archivedOf(storage, applicationId, options.evaluation);
    for (const { evaluationId, manifest } of wanted) {
      if (!manifest) continue;
      await recordFetch(storage, { applicationId, evaluationId }, by, new Date());
      const folder = join(resolve(options.to), evaluationId);
      await mkdir(folder, { recursive: true, mode: 0o700 });
      for await (const { file, bytes } of openImages(storage, manifest, identity)) {
        const path = join(folder, file.name);
        await writeFile(path, bytes, { flag: 'wx', mode: 0o600 }).catch((error: unknown) => {
          const taken = error instanceof Error && 'code' in error && error.code === 'EEXIST';
          throw taken ? new InputError(`${path} exists; give --to another folder`) : error;
        });
        print(
          { evaluationId, role: file.role, contentType: file.contentType, path },
          () => path,
          options.json,
        );
      }
      createLogger('images').info(
        { applicationId, evaluationId, by, images: manifest.files.length },
        'images decrypted',
      );
    }
  });
}

async function archivedOf(
  storage: Storage,
  applicationId: string,
  evaluation: string | undefined,
): Promise<Surveyed[]> {
  const found: Surveyed[] = [];
  for await (const each of surveyArchive(storage, applicationId)) {
    if ('objects' in each && (evaluation === undefined || each.evaluationId === evaluation)) found.push(each);
  }
  const readable = found.filter(({ manifest, deleted }) => manifest && !deleted);
  if (readable.length > 0) return readable;
  const gone = found.find(({ deleted }) => deleted)?.deleted;
  throw new ImagesNotFound(
    gone
      ? `the images of ${applicationId} were deleted at ${gone.at} by ${gone.by}: ${gone.reason}`
      : `no images of ${applicationId} are archived here; is ARCHIVE_URL right?`,
  );
}
