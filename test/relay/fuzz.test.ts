import { expect, test } from 'vitest';
import { token } from '../support/constants.ts';
import { fuzz } from './fuzz.ts';
import { metric, ours, refusals, send, startRig } from './support.ts';

test('10,000 requests that nobody should send: no crash, no signal', async () => {
  const { url, signals, lines } = await startRig({
    limits: { requestsPerSecond: 1_000_000, connectionsPerAddress: 1000, eventLoopDelay: 60_000 },
  });
  const { statuses } = await fuzz({ url, token, target: ours, count: 10_000, seed: 20_261_125 });
  const answers = Object.values(statuses).reduce((sum, count) => sum + count, 0);
  expect(answers).toBe(10_000);
  expect(signals).toEqual([]);
  expect(await refusals(url, 'failed')).toBe(0);
  // A busy relay asks to send again with 503.
  expect(Object.keys(statuses).filter((status) => Number(status) >= 500 && status !== '503')).toEqual([]);
  // Nothing was refused for one reason only: the fuzz reaches every layer.
  const reached = [
    'no_credentials',
    'wrong_token',
    'not_http',
    'unknown_path',
    'wrong_method',
    'not_json',
    'not_an_event',
  ];
  for (const reason of reached) expect([reason, await refusals(url, reason)]).not.toEqual([reason, 0]);
  expect(await metric(url, 'candidate_funnel_webhooks_total{result="not_ours"}')).toBeGreaterThan(100);
  expect(lines.filter(({ level }) => level !== 'info').length).toBeLessThan(60);
  expect((await send(url)).status).toBe(200);
  expect(signals).toHaveLength(1);
});
