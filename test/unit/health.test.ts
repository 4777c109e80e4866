import Fastify from 'fastify';
import { expect, onTestFinished, test, vi } from 'vitest';
import { build } from '../../src/build-info.ts';
import { addHealth, type Checks } from '../../src/health.ts';

async function answers(checks: Checks) {
  const server = Fastify();
  addHealth(server, { process: 'worker', checks, deadline: 20 });
  const [live, ready, metrics] = await Promise.all(
    ['/livez', '/readyz', '/metrics'].map((url) => server.inject({ url })),
  );
  await server.close();
  return { live: live?.statusCode, ready: ready?.statusCode, body: ready?.json(), metrics: metrics?.body };
}

test('a process with all that it needs is ready', async () => {
  const { live, ready, body, metrics } = await answers({ temporal: () => true, pollers: async () => true });
  const checks = { temporal: true, pollers: true };
  expect([live, ready, body]).toEqual([200, 200, { ready: true, checks, ...build }]);
  expect(metrics).toMatch(/^candidate_funnel_ready\{check="temporal"\} 1$/m);
});

test.each([
  ['says no', () => false],
  ['fails', () => Promise.reject(new Error('of the test'))],
  ['never ends', () => new Promise<boolean>(() => {})],
])(
  'a check that %s makes the process not ready, is named and shown, and is no reason to restart it',
  async (_how, check) => {
    const { live, ready, body, metrics } = await answers({ temporal: () => true, key_store: check });
    expect([live, ready, body]).toEqual([
      200,
      503,
      { ready: false, checks: { temporal: true, key_store: false }, ...build },
    ]);
    expect(metrics).toMatch(/^candidate_funnel_ready\{check="key_store"\} 0$/m);
  },
);

test('what it needs is asked once a second, however many ask', async () => {
  let asked = 0;
  const server = Fastify();
  addHealth(server, { process: 'relay', checks: { temporal: () => ++asked > 0 } });
  await Promise.all(Array.from({ length: 20 }, () => server.inject({ url: '/readyz' })));
  await server.close();
  expect(asked).toBe(1);
});

test('a clock that is set back freezes no answer', async () => {
  vi.useFakeTimers({ now: new Date('2026-11-26T12:00:00Z'), toFake: ['Date', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  let isReachable = true;
  const server = Fastify();
  addHealth(server, { process: 'relay', checks: { temporal: () => isReachable } });
  const status = async () => (await server.inject({ url: '/readyz' })).statusCode;
  expect(await status()).toBe(200);
  isReachable = false;
  vi.setSystemTime(new Date('2026-11-26T11:00:00Z'));
  vi.advanceTimersByTime(1001);
  expect(await status()).toBe(503);
  await server.close();
});
