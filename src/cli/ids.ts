import { text } from 'node:stream/consumers';
import PQueue from 'p-queue';
import { z } from 'zod';
import { exitCodeOf, oneLine } from './errors.ts';

/**
 * The ids as given, or those of standard input for `-`: one a line, alone or in a JSON line of `list --json`, of which `field` is
 * taken where it is there.
 */
export async function idsOf(
  given: string[],
  field: 'applicationId' | 'evaluationId' = 'applicationId',
  input: NodeJS.ReadableStream = process.stdin,
): Promise<string[]> {
  if (!given.includes('-')) return [...new Set(given)];
  const read = (await text(input))
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean)
    .map((line) => idOfLine(line, field));
  return [...new Set([...given.filter((id) => id !== '-'), ...read])];
}

const listed = z.object({ applicationId: z.string(), evaluationId: z.string().optional() });

function idOfLine(line: string, field: keyof z.output<typeof listed>): string {
  try {
    const { data } = listed.safeParse(JSON.parse(line));
    return data?.[field] ?? data?.applicationId ?? line;
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
    await queue.addAll(ids.map((id) => () => work(id).catch((error: unknown) => report(error, id))));
  }
}

/** One line on stderr that names the id; the exit code is the highest of all. */
export function report(error: unknown, id: string): void {
  const line = oneLine(error);
  process.stderr.write(`candidate-funnel: ${line.includes(id) ? line : `${id}: ${line}`}\n`);
  process.exitCode = Math.max(Number(process.exitCode ?? 0), exitCodeOf(error));
}
