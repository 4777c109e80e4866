import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, vi, test } from 'vitest';
import { type LineResult, startLines } from '../../src/cli/start-file/start-lines.ts';
import { report } from '../../src/cli/start-file/run.ts';
import { type ApplicationInput, FunnelError, RemoteCodecError } from '../../src/client/index.ts';
import { exampleApplication } from '../support/application.ts';
import { property } from '../support/property.ts';
import { codePoint } from '../support/code-point.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Temporal, as far as it matters: one funnel an application. */
function temporal() {
  const started: string[] = [];
  const start = (input: ApplicationInput): Promise<void> => {
    const id = input.applicationId;
    if (started.includes(id)) return Promise.reject(new FunnelError('AlreadyOpen', `${id}: is open`));
    started.push(id);
    return Promise.resolve();
  };
  return { started, start };
}

async function run(
  text: string,
  start: (input: ApplicationInput) => Promise<unknown>,
  rate = 1000,
): Promise<LineResult[]> {
  const started = startLines(text, { start, complete: (input) => input, rate, onResult: () => undefined });
  await vi.runAllTimersAsync();
  return (await started).results;
}

const lineOf = (id: string, more: Partial<ApplicationInput> = {}) =>
  JSON.stringify(exampleApplication(id, more));
const came = (results: LineResult[]) => results.map(({ line, result }) => [line, result]);

describe('start --file', () => {
  test('starts each line once, and names each refused one by its number and its field', async () => {
    const { started, start } = temporal();
    const candidate = { ...exampleApplication('c').candidate, email: undefined };
    const text = [
      lineOf('a'),
      '',
      '{"applicationId": ',
      JSON.stringify({ ...exampleApplication('c'), candidate }),
      lineOf('a'),
      `${lineOf('b')}\r`,
    ].join('\n');
    const results = await run(text, start);
    expect(started).toEqual(['a', 'b']);
    expect(came(results)).toEqual([
      [1, 'started'],
      [3, 'refused'],
      [4, 'refused'],
      [5, 'refused'],
      [6, 'started'],
    ]);
    expect(report(results).split('\n')).toEqual([
      '2 started, 0 had a funnel already, 3 refused',
      'line 3: is not JSON: a value is missing, column 19',
      'line 4: candidate.email: is missing',
      'line 5: applicationId: is that of line 1',
    ]);
  });

  test('that is run again starts none a second time', async () => {
    const { started, start } = temporal();
    const text = ['a', 'b', 'c'].map((id) => lineOf(id)).join('\n');
    await run(lineOf('a'), start);
    const results = await run(text, start);
    expect(came(results)).toEqual([
      [1, 'already_open'],
      [2, 'started'],
      [3, 'started'],
    ]);
    expect(came(await run(text, start)).map(([, result]) => result)).toEqual(Array(3).fill('already_open'));
    expect(started).toEqual(['a', 'b', 'c']);
  });

  test('of five thousand lines that is killed anywhere and run again starts each one once, and names the refused ones', async () => {
    const { started, start } = temporal();
    const refused = [17, 1999, 2000, 4321];
    const lines = Array.from({ length: 5000 }, (_, index) =>
      refused.includes(index + 1) ? '{"applicationId": ' : lineOf(`app-${index + 1}`),
    );
    const text = lines.join('\n');
    // A kill: what has been started stays started, and nobody hears of it.
    const killedAt = (count: number) => (input: ApplicationInput) =>
      started.length < count ? start(input) : new Promise<never>(() => undefined);
    for (const count of [700, 3100]) {
      const options = { start: killedAt(count), complete: (input: unknown) => input, rate: 1000 };
      void startLines(text, { ...options, onResult: () => undefined });
      await vi.advanceTimersByTimeAsync(10_000);
      expect(started).toHaveLength(count);
    }
    const options = { start, complete: (input: unknown) => input, rate: 1000 };
    const finished = startLines(text, { ...options, onResult: () => undefined });
    // The timers of the killed runs never end.
    await vi.advanceTimersByTimeAsync(10_000);
    const { results } = await finished;
    expect(new Set(started).size).toBe(started.length);
    expect(started).toHaveLength(5000 - refused.length);
    expect(report(results).split('\n')).toEqual([
      '1896 started, 3100 had a funnel already, 4 refused',
      ...refused.map((line) => `line ${line}: is not JSON: a value is missing, column 19`),
    ]);
  });

  test('holds at most fifty starts in flight, however slow Temporal is', async () => {
    let inFlight = 0;
    let most = 0;
    const text = Array.from({ length: 5000 }, (_, index) => lineOf(`app-${index}`)).join('\n');
    const slow = async () => {
      most = Math.max(most, ++inFlight);
      await new Promise((resolve) => setTimeout(resolve, 700));
      inFlight -= 1;
    };
    const results = startLines(text, {
      start: slow,
      complete: (input) => input,
      rate: 200,
      onResult: () => undefined,
    });
    await vi.runAllTimersAsync();
    expect((await results).results).toHaveLength(5000);
    expect(most).toBe(50);
  });

  test('starts no more a second than its rate', async () => {
    const { started, start } = temporal();
    const text = Array.from({ length: 12 }, (_, index) => lineOf(`app-${index}`)).join('\n');
    const results = startLines(text, {
      start,
      complete: (input) => input,
      rate: 5,
      onResult: () => undefined,
    });
    await vi.advanceTimersByTimeAsync(0);
    expect(started.length).toBe(5);
    await vi.advanceTimersByTimeAsync(999);
    expect(started.length).toBe(5);
    await vi.advanceTimersByTimeAsync(1);
    expect(started.length).toBe(10);
    await vi.runAllTimersAsync();
    expect((await results).results).toHaveLength(12);
  });

  test('tries no more once Temporal is out of reach, and says what to do', async () => {
    const { started, start } = temporal();
    const out = (input: ApplicationInput) =>
      input.applicationId === 'b'
        ? Promise.reject(new FunnelError('Unreachable', 'b: no answer from Temporal'))
        : start(input);
    const results = await run(['a', 'b', 'c', 'd'].map((id) => lineOf(id)).join('\n'), out, 1);
    expect(came(results)).toEqual([
      [1, 'started'],
      [2, 'not_tried'],
      [3, 'not_tried'],
      [4, 'not_tried'],
    ]);
    expect(started).toEqual(['a']);
    expect(report(results)).toMatch(/3 not tried: run the same command again\nb: no answer from Temporal$/);
  });

  test.each([
    new RemoteCodecError('no answer from the codec server'),
    new FunnelError('TemporalRefused', 'app-3: Temporal refused the call: UNAUTHENTICATED'),
  ])(
    'reports every line after an error that is not of one line, and hands it on for the exit code: %s',
    async (down) => {
      const { started, start } = temporal();
      const failing = (input: ApplicationInput) =>
        input.applicationId === 'app-3' ? Promise.reject(down) : start(input);
      const seen: LineResult[] = [];
      const ended = startLines(
        ['app-1', 'app-2', 'app-3', 'app-4', 'app-5'].map((id) => lineOf(id)).join('\n'),
        {
          start: failing,
          complete: (input) => input,
          rate: 1,
          onResult: (result) => seen.push(result),
        },
      );
      await vi.runAllTimersAsync();
      const { results, stoppedBy } = await ended;
      expect(came(results)).toEqual([
        [1, 'started'],
        [2, 'started'],
        [3, 'not_tried'],
        [4, 'not_tried'],
        [5, 'not_tried'],
      ]);
      expect(seen).toEqual(results);
      expect(started).toEqual(['app-1', 'app-2']);
      expect(stoppedBy).toBe(down);
      expect(report(results)).toBe(
        `2 started, 0 had a funnel already, 0 refused, 3 not tried: run the same command again\n${down.message}`,
      );
    },
  );

  property([fc.array(fc.string({ unit: codePoint }))])(
    'has a result for each line that is not blank, whatever it holds',
    async (lines) => {
      const text = lines.join('\n');
      const results = await run(text, () => Promise.resolve());
      const expected = text.split('\n').flatMap((line, index) => (line.trim() === '' ? [] : [index + 1]));
      expect(results.map(({ line }) => line)).toEqual(expected);
    },
  );
});
