import { Command } from 'commander';
import { temporalAddress } from './errors.ts';
import { examples } from './examples.ts';
import { parseId, withFunnels } from './funnels.ts';
import { printStatus, time } from './output.ts';

export const watch = new Command('watch')
  .description('print the status each time it changes, until the funnel has closed or Ctrl-C')
  .argument('<id>', 'the application id')
  .option('--json', 'print one JSON line per change')
  .addHelpText('after', examples('watch app-1042'))
  .action(async (id: string, { json }: { json?: boolean }) => {
    const stop = new AbortController();
    process.once('SIGINT', () => stop.abort());
    await withFunnels(async (funnels) => {
      const onOutage = () => {
        process.stderr.write(
          `candidate-funnel: ${id}: no answer from Temporal${temporalAddress()}; still asking\n`,
        );
      };
      for await (const current of funnels.funnel(parseId(id)).watch({ signal: stop.signal, onOutage })) {
        if (!json) process.stdout.write(`${time(new Date().toISOString(), 'seconds')}\n`);
        await printStatus(current, json);
      }
    });
  });
