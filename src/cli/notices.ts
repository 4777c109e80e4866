import { randomUUID } from 'node:crypto';
import { Command } from 'commander';
import { tryReceiver, type TriedReceiver } from '../notifier/index.ts';
import { InputError } from './errors.ts';
import { examples } from './examples.ts';
import { notifierOfSettings } from './notifier.ts';
import { print } from './output.ts';

const test = new Command('test')
  .description('send a signed notice of the type "notice.test" to NOTIFY_URL, and explain the response')
  .option('--json', 'print the result as JSON')
  .addHelpText(
    'after',
    `\nExit codes: 0 taken, 1 not taken, 2 NOTIFY_URL or NOTIFY_SECRETS is wrong or not set.\n${examples('notices test')}`,
  )
  .action(async ({ json }: { json?: boolean }) => {
    const notifier = notifierOfSettings();
    if (!notifier) throw new InputError('NOTIFY_URL is not set, and is needed here: nobody is sent notices');
    const tried = await tryReceiver(notifier, { id: `test~${randomUUID()}` });
    await notifier.close();
    print(tried, () => inWords(tried), json);
    if (!tried.taken) process.exitCode = 1;
  });

function inWords({ taken, what, action, milliseconds }: TriedReceiver): string {
  const result = `${taken ? 'ok' : 'not taken'}, after ${milliseconds} ms: ${what}`;
  return taken ? result : `${result}\nto do: ${action}`;
}

export const notices = new Command('notices')
  .description('test the webhook notifications to your HR system (settings: NOTIFY_*)')
  .addCommand(test);
