import { text } from 'node:stream/consumers';
import PQueue from 'p-queue';
import { z } from 'zod';
import { exitCodeOf, oneLine } from './errors.ts';

/** The ids as given, or those of standard input for `-`: one a line, alone or in a JSON line of `list --json`. */
export async function idsOf(
  given: string[],
  input: NodeJS.ReadableStream = process.stdin,
): Promise<string[]> {
  if (!given.includes('-')) return [...new Set(given)];
  const read = (await text(input))
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .map(idOfLine);
  return [...new Set([...given.filter((id) => id !== '-'), ...read])];
}

const listed = z.object({ applicationId: z.string() });

function idOfLine(line: string): string {
  try {
    const parsed = listed.safeParse(JSON.parse(line));
    return parsed.success ? parsed.data.applicationId : line;
  } catch {
    return line;
  }
}

/** Funnels that are asked at once. */
const atOnce = 10;

/**
 * Does it for each id. One alone rejects as it does; of several, each failure is a line on stderr, the others go on, and
 * the exit code is the highest.
 */
export async function inTurn(ids: string[], work: (id: string) => Promise<void>): Promise<void> {
  const [first, ...more] = ids;
  if (first === undefined) process.stderr.write('no application id was given, so nothing was done\n');
  else if (more.length === 0) await work(first);
  else {
    const queue = new PQueue({ concurrency: atOnce });
    await queue.addAll(ids.map((id) => () => work(id).catch(report)));
  }
}

function report(error: unknown): void {
  process.stderr.write(`candidate-funnel: ${oneLine(error)}\n`);
  process.exitCode = Math.max(Number(process.exitCode ?? 0), exitCodeOf(error));
}
