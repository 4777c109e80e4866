import PQueue from 'p-queue';
import { z } from 'zod';
import { type ApplicationInput, FunnelError } from '../../client/index.ts';
import { application, checkInput, describeIssues } from '../../contract/index.ts';
import { oneLine } from '../errors.ts';
import { parseJson } from '../json-file.ts';

/** The result of one line: correct `refused` lines; `not_tried` ones only need another run. */
export interface LineResult {
  /** From 1. */
  line: number;
  applicationId: string | null;
  result: 'started' | 'already_open' | 'already_closed' | 'refused' | 'not_tried';
  /** Why, for people; never a value of the line. */
  reason: string | null;
}

export interface StartLinesOptions {
  start: (input: ApplicationInput) => Promise<unknown>;
  /** Completes what a line holds before it is checked. */
  complete: (input: unknown) => unknown;
  /** Starts a second, at most. */
  rate: number;
  onResult: (result: LineResult) => void;
}

export interface StartedLines {
  results: LineResult[];
  /** What ended the run before its last line. */
  stoppedBy?: unknown;
}

/**
 * Starts one funnel for each line of NDJSON that is not blank. A second run of the same text starts none twice. After an
 * error that is no refusal of the line, such as Temporal out of reach, the rest is not tried.
 */
export async function startLines(text: string, options: StartLinesOptions): Promise<StartedLines> {
  const queue = new PQueue({
    concurrency: Math.min(options.rate, 50),
    interval: 1000,
    intervalCap: options.rate,
  });
  const firstLineOf = new Map<string, number>();
  const results: LineResult[] = [];
  let stop: { error: unknown } | undefined;
  const settle = (result: LineResult) => {
    results.push(result);
    options.onResult(result);
  };

  for (const { line, content } of linesOf(text)) {
    const read = readLine(content, options.complete);
    const { applicationId } = read;
    const first = applicationId === null ? undefined : firstLineOf.get(applicationId);
    if (applicationId !== null && first === undefined) firstLineOf.set(applicationId, line);
    if (!read.input) settle({ line, applicationId, result: 'refused', reason: read.reason });
    else if (first !== undefined) {
      settle({ line, applicationId, result: 'refused', reason: `applicationId: is that of line ${first}` });
    } else {
      const { input } = read;
      await queue.onSizeLessThan(options.rate);
      const task = async () => {
        const came = stop ?? (await startLine(input, options.start));
        if ('error' in came) {
          stop ??= came;
          settle({ line, applicationId, result: 'not_tried', reason: oneLine(stop.error) });
        } else settle({ line, applicationId, ...came });
      };
      if (stop) await task();
      else void queue.add(task);
    }
  }
  await queue.onIdle();
  return {
    results: results.toSorted((one, other) => one.line - other.line),
    ...(stop ? { stoppedBy: stop.error } : {}),
  };
}

function linesOf(text: string): { line: number; content: string }[] {
  return text
    .split('\n')
    .map((content, index) => ({ line: index + 1, content }))
    .filter(({ content }) => content.trim() !== '');
}

const withId = z.object({ applicationId: application.shape.applicationId });

function readLine(
  content: string,
  complete: StartLinesOptions['complete'],
): { applicationId: string | null; input?: ApplicationInput; reason: string | null } {
  const json = parseJson(content);
  if ('fault' in json)
    return { applicationId: null, reason: `is not JSON: ${json.fault}, column ${json.column}` };
  const completed = complete(json.value);
  const parsed = checkInput(application, completed);
  if (parsed.success) {
    return { applicationId: parsed.data.applicationId, input: parsed.data, reason: null };
  }
  const id = withId.safeParse(completed);
  return { applicationId: id.success ? id.data.applicationId : null, reason: describeIssues(parsed.error) };
}

async function startLine(
  input: ApplicationInput,
  start: StartLinesOptions['start'],
): Promise<Pick<LineResult, 'result' | 'reason'> | { error: unknown }> {
  try {
    await start(input);
    return { result: 'started', reason: null };
  } catch (error) {
    if (!(error instanceof FunnelError) || ofTemporal.includes(error.type)) return { error };
    const reason = error.message;
    if (error.type === 'AlreadyOpen') return { result: 'already_open', reason };
    if (error.type === 'AlreadyClosed') return { result: 'already_closed', reason };
    return { result: 'refused', reason };
  }
}

/** What the next line would meet too. */
const ofTemporal: readonly FunnelError['type'][] = ['Unreachable', 'TemporalRefused'];
