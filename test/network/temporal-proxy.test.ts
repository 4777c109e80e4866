import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, inject, onTestFinished, test, vi } from 'vitest';
import { temporalClient } from '../../src/client/index.ts';
import { temporalProxy } from '../../src/worker/temporal-proxy.ts';
import { createProxy, type Proxy } from '../support/proxy.ts';
import { createRiskosWorker } from '../support/worker.ts';

describe("the worker's proxy to Temporal", () => {
  const proxy = { type: 'http-connect', targetHost: 'proxy.example:3128' };
  test.each<[string, Record<string, string>, unknown]>([
    ['nothing set', {}, undefined],
    ['grpc_proxy', { grpc_proxy: 'http://proxy.example:3128' }, proxy],
    ['https_proxy', { https_proxy: 'http://proxy.example:3128' }, proxy],
    ['http_proxy', { http_proxy: 'http://proxy.example:3128' }, proxy],
    ['the first of them', { http_proxy: 'http://b.example', grpc_proxy: 'http://proxy.example:3128' }, proxy],
    ['a default port', { grpc_proxy: 'http://proxy.example' }, { ...proxy, targetHost: 'proxy.example:80' }],
    [
      'a password',
      { grpc_proxy: 'http://us%40er:pa%3Ass@proxy.example:3128' },
      { ...proxy, basicAuth: { username: 'us@er', password: 'pa:ss' } },
    ],
    ['an exception', { grpc_proxy: 'http://proxy.example', no_proxy: 'other, .example' }, undefined],
    [
      "gRPC's own exception",
      { grpc_proxy: 'http://proxy.example', no_grpc_proxy: 'temporal.example' },
      undefined,
    ],
    [
      "gRPC's own exception before the common one",
      { grpc_proxy: 'http://proxy.example:3128', no_grpc_proxy: 'other', no_proxy: 'example' },
      proxy,
    ],
    ['upper case, which gRPC does not read', { HTTPS_PROXY: 'http://proxy.example' }, undefined],
    ['a scheme that gRPC does not know', { grpc_proxy: 'https://proxy.example' }, undefined],
    ['no URL', { grpc_proxy: 'proxy' }, undefined],
  ])('is that of gRPC for Node: %s', (_, environment, expected) => {
    expect(temporalProxy('temporal.example:7233', environment).proxy).toEqual(expected);
  });

  test.each(['localhost:7233', '127.0.0.1:7233', '127.1.2.3:1', '[::1]:7233'])(
    'is none for %s',
    (address) => {
      expect(temporalProxy(address, { grpc_proxy: 'http://proxy.example' })).toEqual({});
    },
  );
});

test("a proxy's password that is badly written is named, and not repeated", () => {
  const read = () => temporalProxy('temporal.example:1', { grpc_proxy: 'http://a:secret%zz@proxy.example' });
  expect(read).toThrow(
    expect.objectContaining({ type: 'WrongSetting', message: expect.stringMatching(/^grpc_proxy /) }),
  );
  expect(read).not.toThrow(/secret/);
});

describe('Temporal behind a proxy', () => {
  let proxy: Proxy;

  beforeEach(async () => {
    proxy = await createProxy({ 'temporal.test': inject('temporalAddress').replace(/^.*:/, '') });
    vi.stubEnv('grpc_proxy', proxy.url.replace('//', '//user:word@'));
    vi.stubEnv('no_proxy', undefined);
    vi.stubEnv('no_grpc_proxy', undefined);
  });
  afterEach(async () => {
    vi.unstubAllEnvs();
    await proxy.close();
  });

  const basic = `Basic ${Buffer.from('user:word').toString('base64')}`;

  test('is reached by a worker', async () => {
    const address = 'temporal.test:7233';
    const archiveFolder = mkdtempSync(join(tmpdir(), 'candidate-funnel-proxy-'));
    onTestFinished(() => rmSync(archiveFolder, { recursive: true }));
    const place = { archiveFolder, taskQueue: 'behind-a-proxy' };
    const stop = await createRiskosWorker(place, 'http://127.0.0.1:1', { address });
    await stop();
    expect(new Set(proxy.connected)).toEqual(new Set([address]));
    expect(new Set(proxy.authorizations)).toEqual(new Set([basic]));
  });

  test('is reached by a relay and by HR', async () => {
    const { connection } = temporalClient('temporal.test:7233');
    await connection.workflowService.getSystemInfo({});
    await connection.close();
    expect(new Set(proxy.connected)).toEqual(new Set(['temporal.test:7233']));
    expect(new Set(proxy.authorizations)).toEqual(new Set([basic]));
  });

  test('is reached directly on this machine', async () => {
    const { connection } = temporalClient(inject('temporalAddress'));
    await connection.workflowService.getSystemInfo({});
    await connection.close();
    expect(proxy.connected).toEqual([]);
  });
});
