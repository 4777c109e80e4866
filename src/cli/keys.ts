import { Command } from 'commander';
import { examples } from './examples.ts';
import { parseId } from './funnels.ts';

/** What opens the store loads the S3 client, so each verb loads its part only when it is used. */
export const keys = new Command('keys')
  .description(
    'manage the data keys that encrypt what Temporal stores (settings: KEY_STORE_URL, PAYLOAD_RECIPIENTS, PAYLOAD_IDENTITY_FILE)',
  )
  .addCommand(
    new Command('new')
      .description('create the key of an application unless it has one; refused for a forgotten application')
      .argument('<id>', 'the application id')
      .option('--json', 'one JSON line')
      .addHelpText('after', examples('keys new app-1042'))
      .action(async (id: string, { json }: { json?: boolean }) =>
        (await import('./keys/verbs.ts')).newKey(parseId(id), json),
      ),
  )
  .addCommand(
    new Command('rotate')
      .description('rewrap keys for the current recipients; data encrypted with the keys does not change')
      .argument('[id]', 'only the keys of this application')
      .option('--json', 'one JSON line for each key')
      .addHelpText('after', examples('keys rotate', 'keys rotate app-1042 --json'))
      .action(async (id: string | undefined, { json }: { json?: boolean }) =>
        (await import('./keys/verbs.ts')).rotateKeys(id === undefined ? undefined : parseId(id), json),
      ),
  )
  .addCommand(
    new Command('list')
      .description('list the applications that have a key')
      .option('--json', 'one JSON line for each key')
      .addHelpText('after', examples('keys list --json'))
      .action(async ({ json }: { json?: boolean }) => (await import('./keys/verbs.ts')).listKeys(json)),
  )
  .addCommand(
    new Command('check')
      .description(
        'unwrap every key with the configured identity, and find keys of forgotten applications that a restored backup brought back; exit code 1 if there is any problem',
      )
      .option('--json', 'one JSON line for each application')
      .addHelpText('after', examples('keys check', 'keys check --json'))
      .action(async ({ json }: { json?: boolean }) => (await import('./keys/verbs.ts')).checkKeys(json)),
  );
