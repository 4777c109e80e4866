import { Command } from 'commander';
import type { TimelineEntry } from '../client/index.ts';
import { type EarlierOption, earlierOption, numberOf } from './earlier.ts';
import { examples } from './examples.ts';
import { parseId, withFunnels } from './funnels.ts';
import { print, time } from './output.ts';

export const timeline = new Command('timeline')
  .description('show what happened to a funnel, one line per event')
  .argument('<id>', 'the application id')
  .addOption(earlierOption())
  .option('--json', 'print one JSON array')
  .addHelpText('after', examples('timeline app-1042', 'timeline app-1042 --earlier --json'))
  .action(async (id: string, { json, ...options }: EarlierOption & { json?: boolean }) => {
    await withFunnels(async (funnels) => {
      const entries = await funnels.funnel(parseId(id), { earlier: numberOf(options) }).timeline();
      print(entries, () => entries.map(lineOf).join('\n'), json);
    });
  });

function lineOf({ at, what, by }: TimelineEntry): string {
  return `${time(at, 'seconds')}  ${what}${by === undefined ? '' : ` (by ${by})`}`;
}
