import { Command } from 'commander';
import type { FetchOptions } from './images/fetch.ts';
import type { SweepOptions } from './images/sweep.ts';
import type { SendOptions } from './images/verbs.ts';
import type { ImagesUpdateName } from '../contract/index.ts';
import { examples } from './examples.ts';
import { parseId } from './funnels.ts';
import { userName } from './user.ts';

/** What reads the archive loads the S3 client, so each verb loads its own part only when it is used. */
export const images = new Command('images')
  .description(
    'archived images: list, decrypt, hold, erase, find what nothing accounts for (setting: ARCHIVE_URL)',
  )
  .addCommand(
    new Command('list')
      .description('what is archived, held and deleted, and what its retention workflow does')
      .argument('[id]', 'only of this application')
      .option('--json', 'one JSON line for each evaluation')
      .addHelpText('after', examples('images list', 'images list app-1042 --json'))
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
      .option('--by <who>', 'who reads them', userName())
      .option('--json', 'one JSON line for each image')
      .addHelpText('after', examples('images fetch app-1042 --identity archive-key.txt --to images'))
      .action(async (id: string, options: FetchOptions) => {
        const { fetchImages } = await import('./images/fetch.ts');
        await fetchImages(parseId(id), options);
      }),
  )
  .addCommand(
    new Command('sweep')
      .description('list what no manifest and no workflow accounts for; nothing under a hold is deleted')
      .option('--delete', 'delete it')
      .option('--by <who>', 'who deletes', userName())
      .option('--reason <text>', 'why; no personal data', 'sweep')
      .option('--json', 'one JSON line for each finding')
      .addHelpText('after', examples('images sweep', 'images sweep --delete --reason "yearly clean-up"'))
      .action(async (options: SweepOptions) => {
        const { sweepImages } = await import('./images/sweep.ts');
        await sweepImages(options);
      }),
  )
  .addCommand(
    sending('retry', 'fetch again what failed or was refused; retry a failing deletion at once').addHelpText(
      'after',
      examples('images retry app-1042'),
    ),
  )
  .addCommand(
    withReason(sending('hold', 'keep the images beyond their time, until they are released')).addHelpText(
      'after',
      examples('images hold app-1042 --reason "case 7/2026"'),
    ),
  )
  .addCommand(
    withReason(sending('release', 'end a hold; a workflow deletes images whose time is over')).addHelpText(
      'after',
      examples('images release app-1042 --reason "case 7/2026 is closed"'),
    ),
  )
  .addCommand(
    withReason(sending('erase', 'delete the images now; refused under a hold')).addHelpText(
      'after',
      examples('images erase app-1042 --reason "the candidate asked for it"'),
    ),
  );

function sending(name: ImagesUpdateName, description: string): Command {
  return new Command(name)
    .description(description)
    .argument(
      '<ids...>',
      'application ids, for all images of each, or evaluation ids; "-" reads them from standard input, one a line, or the lines of list --json',
    )
    .option('--by <who>', 'who asks for it, for the record', userName())
    .option('--json', 'print each new status as a JSON line')
    .action(async (ids: string[], options: SendOptions) => {
      const { sendToImages } = await import('./images/verbs.ts');
      await sendToImages(name, ids, options);
    });
}

function withReason(command: Command): Command {
  return command.requiredOption('--reason <text>', 'why; no personal data of the candidate');
}
