import { SingleBar } from 'cli-progress';
import { exitCodeOf } from '../errors.ts';
import { withFunnels } from '../funnels.ts';
import { readText } from '../json-file.ts';
import { type LineResult, startLines } from './start-lines.ts';

/** Starts each application of a file, and sets the exit code: 2 when a line was refused, that of the error which ended the run early. */
export async function startFile(
  file: string,
  complete: (input: unknown) => unknown,
  { rate, json }: { rate: number; json?: boolean },
): Promise<void> {
  const text = await readText(file);
  const bar = progressBar(text);
  const { results, ...ended } = await withFunnels((funnels) =>
    startLines(text, {
      start: (input) => funnels.startFunnel(input),
      complete,
      rate,
      onResult: (result) => {
        bar.increment();
        if (json) process.stdout.write(`${JSON.stringify(result)}\n`);
      },
    }),
  ).finally(() => bar.stop());
  if (!json) process.stdout.write(`${report(results)}\n`);
  if ('stoppedBy' in ended) process.exitCode = exitCodeOf(ended.stoppedBy);
  else if (results.some(({ result }) => result === 'refused')) process.exitCode = 2;
}

/** On a terminal only, on stderr. */
function progressBar(text: string): Pick<SingleBar, 'increment' | 'stop'> {
  const bar = new SingleBar({
    format: '{bar} {value} of {total}, {duration_formatted}, about {eta_formatted} more',
    hideCursor: true,
    noTTYOutput: false,
  });
  bar.start(text.split('\n').filter((line) => line.trim() !== '').length, 0);
  return bar;
}

/** The counts, then each line that was not started and why. */
export function report(results: LineResult[]): string {
  const count = (wanted: LineResult['result']) => results.filter(({ result }) => result === wanted).length;
  const untried = count('not_tried');
  const counts = [
    `${count('started')} started`,
    `${count('already_open') + count('already_closed')} had a funnel already`,
    `${count('refused')} refused`,
    ...(untried > 0 ? [`${untried} not tried: run the same command again`] : []),
  ];
  const faults = results
    .filter(({ result }) => result === 'refused')
    .map(({ line, reason }) => `line ${line}: ${reason}`);
  const cause = results.find(({ result }) => result === 'not_tried')?.reason;
  return [counts.join(', '), ...faults, ...(cause ? [cause] : [])].join('\n');
}
