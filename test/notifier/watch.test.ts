import { pino } from 'pino';
import { Registry } from 'prom-client';
import { beforeEach, describe, expect, test } from 'vitest';
import type { NoticeProblem } from '../../src/contract/index.ts';
import { NotifyError } from '../../src/notifier/index.ts';
import { type ReceiverWatch, watchReceiver } from '../../src/notifier/watch.ts';

let clock: number;
let lines: Record<string, unknown>[];
let registry: Registry;
let watch: ReceiverWatch;

beforeEach(() => {
  clock = Date.parse('2026-03-02T10:00:00.000Z');
  lines = [];
  registry = new Registry();
  const logger = pino(
    { base: null, timestamp: false },
    { write: (line: string) => lines.push(JSON.parse(line)) },
  );
  watch = watchReceiver({ logger, registry, now: () => new Date(clock) });
});

const fail = (type: NoticeProblem, status?: number): void => watch.failed(new NotifyError(type, { status }));

async function valueOf(name: string, labels: Record<string, string> = {}): Promise<number | undefined> {
  const metric = await registry.getSingleMetric(name)?.get();
  return metric?.values.find((one) => JSON.stringify(one.labels) === JSON.stringify(labels))?.value;
}

describe('a receiver that is down', () => {
  test('is in the log at once, once a minute after that with the count, and when it is back', () => {
    fail('ServerError', 503);
    for (let more = 5; more > 0; more -= 1) fail('ServerError', 503);
    clock += 60_000;
    fail('ServerError', 503);
    clock += 1000;
    watch.taken();
    watch.taken();
    expect(lines).toMatchObject([
      { level: 40, type: 'ServerError', status: 503, failed: 1, since: '2026-03-02T10:00:00.000Z' },
      { level: 40, failed: 7, since: '2026-03-02T10:00:00.000Z' },
      { level: 30, failed: 7, seconds: 61 },
    ]);
    expect(lines[0]?.['action']).toEqual(expect.stringContaining('receiver'));
  });

  test('is in the log for each reason at once: a set-up fault is not hidden by an outage', () => {
    fail('ServerError', 503);
    fail('Gone', 410);
    fail('Gone', 410);
    expect(lines.map(({ level, type }) => [level, type])).toEqual([
      [40, 'ServerError'],
      [50, 'Gone'],
    ]);
  });

  test('does not flood the log when it takes every other notice', () => {
    for (let times = 100; times > 0; times -= 1) {
      fail('TooLarge', 413);
      watch.taken();
    }
    expect(lines).toHaveLength(2);
  });

  test('is in the metrics', async () => {
    watch.taken();
    expect(await valueOf('candidate_funnel_notice_receiver_up')).toBe(1);
    fail('TimedOut');
    fail('TimedOut');
    fail('Gone', 410);
    expect(await valueOf('candidate_funnel_notice_receiver_up')).toBe(0);
    const results = ['taken', 'TimedOut', 'Gone'].map((result) =>
      valueOf('candidate_funnel_notices_total', { result }),
    );
    expect(await Promise.all(results)).toEqual([1, 2, 1]);
    watch.taken();
    expect(await valueOf('candidate_funnel_notice_receiver_up')).toBe(1);
  });
});

test('a worker that stops says nothing about the receiver', async () => {
  watch.taken();
  fail('Cancelled');
  expect(await valueOf('candidate_funnel_notice_receiver_up')).toBe(1);
  expect(lines).toEqual([]);
});
