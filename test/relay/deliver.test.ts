import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import type { RiskosEvent } from '../../src/contract/index.ts';
import { loggedError } from '../../src/log-error.ts';
import { createDeliverer } from '../../src/relay/deliver.ts';
import { ours, refusals, send, startRig } from './support.ts';

const limits = { bodySize: 10_000, bodyTime: 10_000, inFlight: 10 };

test('a delivery needs no HTTP server: a header, a stream and Temporal are enough', async () => {
  const signals: [string, RiskosEvent][] = [];
  const { deliver } = createDeliverer({
    authenticator: { check: (header) => Promise.resolve(header === 'right' ? undefined : 'wrong_token') },
    signaller: {
      signal: (...signal) => {
        signals.push(signal);
        return Promise.resolve('signalled');
      },
    },
    limits,
  });
  const event = {
    event_id: 'e-1',
    event_type: 'case_notes_added',
    event_at: '2026-03-02T10:00:00.123456789Z',
    data: { id: ours, eval_id: 'v-1', reviewer_id: 'Webhook', notes: 'Session Complete', decision: 'ACCEPT' },
  };
  const body = () => Readable.from([Buffer.from(JSON.stringify(event))]);
  const refused = await deliver({ authorization: 'wrong', contentEncoding: undefined, body: body() });
  expect(refused).toEqual({ refused: 'wrong_token' });
  const taken = await deliver({ authorization: 'right', contentEncoding: undefined, body: body() });
  expect(taken).toEqual({
    result: 'signalled',
    trace: { eventId: 'e-1', eventType: 'case_notes_added', evaluationId: ours },
  });
  expect(signals).toEqual([
    [
      'app-1',
      {
        eventId: 'e-1',
        eventType: 'case_notes_added',
        eventAt: '2026-03-02T10:00:00.123Z',
        evaluationId: ours,
        evalId: 'v-1',
        progress: 'session_complete',
      },
    ],
  ]);
});

test('nothing of a body is read before its sender is known', async () => {
  let read = false;
  const body = new Readable({
    read() {
      read = true;
      this.push(null);
    },
  });
  const { deliver } = createDeliverer({
    authenticator: { check: () => Promise.resolve('no_credentials') },
    signaller: { signal: () => Promise.resolve('signalled') },
    limits,
  });
  expect(await deliver({ authorization: undefined, contentEncoding: undefined, body })).toEqual({
    refused: 'no_credentials',
  });
  expect(read).toBe(false);
});

test('a fault of the relay is answered 503, counted and logged with its place, and says nothing of its cause', async () => {
  const { url, lines } = await startRig({
    signal: () => Promise.reject(new Error('secret-of-the-cause')),
  });
  const answer = await send(url);
  expect([answer.status, answer.headers['retry-after']]).toEqual([503, '5']);
  expect((await send(url)).status).toBe(503);
  expect(await refusals(url, 'failed')).toBe(2);
  // One line: the second is held back with its reason.
  const logged = lines.map(({ level, fields }) => ({
    level,
    ...fields,
    ...('error' in fields ? { error: loggedError(fields.error) } : {}),
  }));
  const error = { type: 'Error', at: expect.arrayContaining([expect.stringContaining('deliver.test')]) };
  expect(logged).toEqual([{ level: 'error', reason: 'failed', count: 1, status: 503, error }]);
  expect(JSON.stringify([answer, logged])).not.toContain('secret-of-the-cause');
});
