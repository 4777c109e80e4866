import { Command } from 'commander';
import { type EarlierOption, earlierOption, numberOf } from './earlier.ts';
import { examples } from './examples.ts';
import { parseId, withFunnels } from './funnels.ts';
import { print, printStatus, time } from './output.ts';
import { FunnelError } from '../client/index.ts';

export const status = new Command('status')
  .description('show the stage of a funnel, what it waits for, and what to do next')
  .argument('<id>', 'the application id')
  .addOption(earlierOption())
  .option('--json', 'print the status as JSON')
  .addHelpText('after', examples('status app-1042', 'status app-1042 --earlier'))
  .action(async (id: string, { json, ...options }: EarlierOption & { json?: boolean }) => {
    await withFunnels(async (funnels, findForgotten) => {
      const applicationId = parseId(id);
      const funnel = funnels.funnel(applicationId, { earlier: numberOf(options) });
      try {
        await printStatus(await funnel.status(), json);
      } catch (error) {
        // That an application was forgotten is where it stands, and no error of who asks.
        const isForgotten = error instanceof FunnelError && error.type === 'Forgotten';
        const tombstone = isForgotten ? await findForgotten(applicationId) : undefined;
        if (!tombstone) throw error;
        const { at, by, reason } = tombstone;
        print(
          { applicationId, stage: 'forgotten', forgotten: { at, by, reason } },
          () => `${applicationId}  forgotten\n  since      ${time(at)}, by ${by}: ${reason}`,
          json,
        );
      }
    });
  });
