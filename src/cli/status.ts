import { Command } from 'commander';
import { type EarlierOption, earlierOption, numberOf } from './earlier.ts';
import { examples } from './examples.ts';
import { parseId, withFunnels } from './funnels.ts';
import { print, printStatus, time } from './output.ts';
import { FunnelError } from '../client/index.ts';
import { keyStoreOfSettings } from './payload-keys.ts';

export const status = new Command('status')
  .description('show the stage of a funnel, what it waits for, and what to do next')
  .argument('<id>', 'the application id')
  .addOption(earlierOption())
  .option('--json', 'print the status as JSON')
  .addHelpText('after', examples('status app-1042', 'status app-1042 --earlier'))
  .action(async (id: string, { json, ...options }: EarlierOption & { json?: boolean }) => {
    await withFunnels(async (funnels) => {
      const funnel = funnels.funnel(parseId(id), { earlier: numberOf(options) });
      const found = await funnel.status().catch((error: unknown) => forgottenOr(error, id, json));
      if (found) await printStatus(found, json);
    });
  });

/** That an application was forgotten is where it stands, and no error of who asks. */
async function forgottenOr(error: unknown, applicationId: string, json: boolean | undefined): Promise<void> {
  if (!(error instanceof FunnelError) || error.type !== 'Forgotten') throw error;
  const keys = keyStoreOfSettings();
  try {
    const tombstone = await keys?.tombstone(applicationId);
    if (!tombstone) throw error;
    const { at, by, reason } = tombstone;
    print(
      { applicationId, stage: 'forgotten', forgotten: { at, by, reason } },
      () => `${applicationId}  forgotten\n  since      ${time(at)}, by ${by}: ${reason}`,
      json,
    );
  } finally {
    keys?.close();
  }
}
