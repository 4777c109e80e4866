import { Command } from 'commander';
import { parseId, withFunnels } from './funnels.ts';
import { print, statusText } from './output.ts';

export const status = new Command('status')
  .description('where a funnel stands, what it waits for and what to do')
  .argument('<id>', 'the application id')
  .option('--json', 'print the status as JSON')
  .action(async (id: string, { json }: { json?: boolean }) => {
    await withFunnels(async (funnels) => {
      const current = await funnels.funnel(parseId(id)).status();
      print(current, () => statusText(current), json);
    });
  });
