import { Command } from 'commander';
import { type EarlierOption, earlierOption, numberOf } from './earlier.ts';
import { examples } from './examples.ts';
import { parseId, withFunnels } from './funnels.ts';
import { printStatus } from './output.ts';

export const status = new Command('status')
  .description('where a funnel stands, what it waits for and what to do')
  .argument('<id>', 'the application id')
  .addOption(earlierOption())
  .option('--json', 'print the status as JSON')
  .addHelpText('after', examples('status app-1042', 'status app-1042 --earlier'))
  .action(async (id: string, { json, ...options }: EarlierOption & { json?: boolean }) => {
    await withFunnels(async (funnels) => {
      const funnel = funnels.funnel(parseId(id), { earlier: numberOf(options) });
      await printStatus(await funnel.status(), json);
    });
  });
