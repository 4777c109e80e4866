import { expect, test } from 'vitest';
import { createRefusalLog } from '../../src/http-server/refusal-log.ts';
import { refusals } from '../../src/relay/refusals.ts';
import { keepingLogger } from './support.ts';

function clock() {
  const due: { at: number; callBack: () => void }[] = [];
  let now = 0;
  return {
    after: (milliseconds: number, callBack: () => void) => {
      const entry = { at: now + milliseconds, callBack };
      due.push(entry);
      return () => void due.splice(due.indexOf(entry), 1);
    },
    pass: (milliseconds: number) => {
      now += milliseconds;
      for (const entry of due.filter(({ at }) => at <= now)) {
        due.splice(due.indexOf(entry), 1);
        entry.callBack();
      }
    },
    waiting: () => due.length,
  };
}

test('a refusal is logged at once with what to do, and its likes once a minute with their count', () => {
  const logger = keepingLogger();
  const time = clock();
  const log = createRefusalLog(refusals, logger, time.after);
  const counts = () => logger.lines.map(({ fields }) => fields);
  log.add('wrong_token');
  expect(logger.lines).toEqual([
    {
      level: 'warn',
      fields: { reason: 'wrong_token', count: 1, status: 401 },
      message: expect.stringMatching(/RELAY_BEARER_TOKENS.*RiskOS dashboard/),
    },
  ]);
  for (let nth = 0; nth < 500; nth++) log.add('wrong_token');
  time.pass(59_999);
  expect(logger.lines).toHaveLength(1);
  time.pass(1);
  expect(counts().at(-1)).toEqual({ reason: 'wrong_token', count: 500, status: 401 });
  log.add('wrong_token');
  time.pass(59_999);
  expect(logger.lines).toHaveLength(2);
  time.pass(1);
  expect(counts().at(-1)).toEqual({ reason: 'wrong_token', count: 1, status: 401 });
  time.pass(60_000);
  expect(time.waiting()).toBe(0);
  log.add('wrong_token');
  expect(logger.lines).toHaveLength(4);
});

test('a fault is logged with its error, and its likes with the latest of theirs', () => {
  const logger = keepingLogger();
  const time = clock();
  const log = createRefusalLog(refusals, logger, time.after);
  const [first, second, third] = [new Error('1'), new Error('2'), new Error('3')];
  for (const error of [first, second, third]) log.add('failed', error);
  time.pass(60_000);
  expect(logger.lines.map(({ fields }) => fields)).toEqual([
    { reason: 'failed', count: 1, status: 503, error: first },
    { reason: 'failed', count: 2, status: 503, error: third },
  ]);
});

test('each reason has its own minute', () => {
  const logger = keepingLogger();
  const log = createRefusalLog(refusals, logger, clock().after);
  log.add('too_large');
  log.add('temporal_slow');
  log.add('too_large');
  expect(logger.lines.map(({ level, fields }) => [level, fields])).toEqual([
    ['warn', { reason: 'too_large', count: 1, status: 413 }],
    ['error', { reason: 'temporal_slow', count: 1, status: 503 }],
  ]);
});

test('what was not logged yet is logged at the end, and no timer stays', () => {
  const logger = keepingLogger();
  const time = clock();
  const log = createRefusalLog(refusals, logger, time.after);
  for (let nth = 0; nth < 4; nth++) log.add('not_json');
  log.close();
  expect(logger.lines.map(({ fields }) => fields)).toEqual([
    { reason: 'not_json', count: 1, status: 400 },
    { reason: 'not_json', count: 3, status: 400 },
  ]);
  expect(time.waiting()).toBe(0);
});
