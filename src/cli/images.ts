import { userInfo } from 'node:os';
import { Command } from 'commander';
import type { FetchOptions } from './images/fetch.ts';
import type { SweepOptions } from './images/sweep.ts';
import { parseId } from './funnels.ts';

/** What reads the archive loads the S3 client, so each verb loads its own part only when it is used. */
export const images = new Command('images')
  .description('archived images: list, decrypt, find what nothing accounts for (setting: ARCHIVE_URL)')
  .addCommand(
    new Command('list')
      .description('what is archived, held and deleted')
      .argument('[id]', 'only of this application')
      .option('--json', 'one JSON line for each evaluation')
      .action(async (id: string | undefined, { json }: { json?: boolean }) => {
        const { listImages } = await import('./images/list.ts');
        await listImages(id === undefined ? undefined : parseId(id), json === true);
      }),
  )
  .addCommand(
    new Command('fetch')
      .description('decrypt the images of an application into a folder; who did is recorded in the archive')
      .argument('<id>', 'the application id')
      .requiredOption('--identity <file>', 'the age secret key, as age-keygen writes it')
      .requiredOption('--to <folder>', 'a folder for the images; files in it are not replaced')
      .option('--evaluation <id>', 'only of this evaluation')
      .option('--by <who>', 'who reads them', userInfo().username)
      .option('--json', 'one JSON line for each image')
      .action(async (id: string, options: FetchOptions) => {
        const { fetchImages } = await import('./images/fetch.ts');
        await fetchImages(parseId(id), options);
      }),
  )
  .addCommand(
    new Command('sweep')
      .description('list what no manifest and no workflow accounts for; nothing under a hold is deleted')
      .option('--delete', 'delete it')
      .option('--by <who>', 'who deletes', userInfo().username)
      .option('--reason <text>', 'why; no personal data', 'sweep')
      .option('--json', 'one JSON line for each finding')
      .action(async (options: SweepOptions) => {
        const { sweepImages } = await import('./images/sweep.ts');
        await sweepImages(options);
      }),
  );
