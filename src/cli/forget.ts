import { Command } from 'commander';
import { examples } from './examples.ts';
import type { ForgetOptions } from './forget/run.ts';
import { userName } from './user.ts';

/** What opens the archive loads the S3 client, so it is loaded only when it is used. */
export const forgetVerb = new Command('forget')
  .description(
    'forget a candidate: withdraw the funnel, delete images and workflows, erase the key; cannot be undone, and can be repeated (settings: KEY_STORE_URL, PAYLOAD_RECIPIENTS, PAYLOAD_IDENTITY_FILE, ARCHIVE_URL)',
  )
  .argument('<ids...>', 'one application id or more; "-" reads them from standard input, one a line')
  .option('--by <who>', 'who forgets, for the tombstone', userName())
  .requiredOption('--reason <text>', 'why, for the tombstone; no personal data of the candidate')
  .option('--terminate', 'end an open funnel in Temporal, where no worker is there to withdraw it')
  .option('--key-lost', 'go on although the key store lacks the key of workflows that are encrypted')
  .option('--json', 'one JSON line for each application')
  .addHelpText(
    'after',
    examples(
      'forget app-1042 --by "Mo Ito" --reason "erasure request 7/2026"',
      'forget app-1042 --by "Mo Ito" --reason "erasure request 7/2026" --terminate',
    ),
  )
  .action(async (ids: string[], options: ForgetOptions) =>
    (await import('./forget/run.ts')).runForget(ids, options),
  );
