import { Command } from 'commander';
import { examples } from './examples.ts';
import type { ForgetOptions } from './forget/run.ts';
import { userName } from './user.ts';

/** What opens the archive loads the S3 client, so it is loaded only when it is used. */
export const forgetVerb = new Command('forget')
  .description(
    'erase a candidate: withdraw the funnel, delete images and workflows, erase the key; irreversible, safe to repeat (settings: KEY_STORE_URL, PAYLOAD_RECIPIENTS, PAYLOAD_IDENTITY_FILE, ARCHIVE_URL)',
  )
  .argument('<ids...>', 'one application id or more; "-" reads them from standard input, one a line')
  .option('--by <who>', 'who requests the erasure, for the tombstone', userName())
  .requiredOption('--reason <text>', 'the reason, for the tombstone; no personal data of the candidate')
  .option('--terminate', 'terminate an open funnel in Temporal when no worker can withdraw it')
  .option('--key-lost', 'continue although the key store has no key for encrypted workflows')
  .option('--images-lost', 'continue although the archive lacks images that were archived')
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
