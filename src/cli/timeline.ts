import { Command } from 'commander';
import { parseId, withFunnels } from './funnels.ts';
import { print, time } from './output.ts';

export const timeline = new Command('timeline')
  .description('what happened to a funnel, line by line')
  .argument('<id>', 'the application id')
  .option('--json', 'print the lines as one JSON array')
  .action(async (id: string, { json }: { json?: boolean }) => {
    await withFunnels(async (funnels) => {
      const entries = await funnels.funnel(parseId(id)).timeline();
      print(entries, () => entries.map(({ at, what }) => `${time(at)}  ${what}`).join('\n'), json);
    });
  });
