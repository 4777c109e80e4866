import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { dispatcherOfSettings, fetchThrough } from '../../src/network.ts';
import type { RiskosClient, RiskosError } from '../../src/riskos/index.ts';
import { completed, documentRequest, evalId, passiveRequest } from '../riskos/support/answers.ts';
import {
  clientOf,
  failureOf,
  type FakeRiskos,
  freePort,
  startAnswering,
  startTcp,
} from '../riskos/support/server.ts';
import { createProxy, type Proxy } from '../support/proxy.ts';

let riskos: FakeRiskos;
let proxy: Proxy;

beforeEach(async () => {
  riskos = await startAnswering(200, completed());
  proxy = await createProxy({ 'riskos.test': new URL(riskos.url).port });
});
afterEach(() => proxy.close());

/** The client that these settings give. */
function clientWith(environment: Record<string, string>, url = 'http://riskos.test:8090'): RiskosClient {
  const dispatcher = dispatcherOfSettings(environment);
  return clientOf(url, { dispatcher, timeouts: { total: 2000 } });
}

const created = (client: RiskosClient): Promise<RiskosError> => failureOf(client.create(documentRequest));

describe('RiskOS behind a proxy', () => {
  test.each(['HTTP_PROXY', 'http_proxy'])('is reached through that of %s', async (name) => {
    const client = clientWith({ [name]: proxy.url });
    expect((await client.create(passiveRequest)).evalId).toBe(evalId);
    expect((await client.get(evalId)).evalId).toBe(evalId);
    expect(new Set(proxy.connected)).toEqual(new Set(['riskos.test:8090']));
    expect(riskos.received.map(({ method, headers }) => [method, headers.host])).toEqual([
      ['POST', 'riskos.test:8090'],
      ['GET', 'riskos.test:8090'],
    ]);
  });

  test('is reached through one whose setting has no scheme, and gets its password', async () => {
    const client = clientWith({ HTTP_PROXY: proxy.url.replace('http://', 'us%40er:pass%3A@') });
    await client.get(evalId);
    expect(proxy.authorizations).toEqual([`Basic ${Buffer.from('us@er:pass:').toString('base64')}`]);
    // What the proxy wants to know is nothing for RiskOS, and the key nothing for the proxy.
    expect(riskos.received[0]?.headers).not.toHaveProperty('proxy-authorization');
  });

  test.each(['riskos.test', '.test', '*', 'other.example, riskos.test:8090'])(
    'is not asked for through it with NO_PROXY=%s',
    async (NO_PROXY) => {
      const error = await created(clientWith({ HTTP_PROXY: proxy.url, NO_PROXY }));
      expect(error).toMatchObject({ type: 'Unreachable', processed: 'no' });
      expect(proxy.connected).toEqual([]);
    },
  );

  test('is asked for through it where NO_PROXY names others', async () => {
    await clientWith({ HTTP_PROXY: proxy.url, NO_PROXY: 'risk.test,riskos.test:1' }).get(evalId);
    expect(proxy.connected).toHaveLength(1);
  });

  test('on this machine is asked for directly', async () => {
    await clientWith({ HTTP_PROXY: proxy.url, HTTPS_PROXY: proxy.url }, riskos.url).create(passiveRequest);
    expect(proxy.connected).toEqual([]);
    expect(riskos.received).toHaveLength(1);
  });

  test('with TLS takes HTTPS_PROXY, and HTTP_PROXY only without it', async () => {
    const other = await createProxy({});
    onTestFinished(() => other.close());
    await created(clientWith({ HTTPS_PROXY: proxy.url, HTTP_PROXY: other.url }, 'https://riskos.test'));
    expect([proxy.connected, other.connected]).toEqual([['riskos.test:443'], []]);
  });

  test.each([403, 407, 502, 503])('got nothing when the proxy answers %d, which is named', async (status) => {
    proxy.status = status;
    const error = await created(clientWith({ HTTP_PROXY: proxy.url }));
    expect(error).toMatchObject({ type: 'Unreachable', processed: 'no', retryable: true });
    expect(error.message).toContain(`the proxy answered ${status}`);
  });

  test('got nothing when nobody is the proxy, or one that never answers', async () => {
    const nobody = clientWith({ HTTP_PROXY: `http://127.0.0.1:${await freePort()}` });
    expect(await created(nobody)).toMatchObject({ type: 'Unreachable', processed: 'no' });
    proxy.status = undefined;
    const dispatcher = dispatcherOfSettings({ HTTP_PROXY: proxy.url });
    const silent = clientOf('http://riskos.test', { dispatcher, timeouts: { total: 150 } });
    expect(await created(silent)).toMatchObject({ type: 'TimedOut', processed: 'no' });
  });

  test('perhaps got it when the tunnel breaks after it was sent', async () => {
    const server = await startTcp((socket) => socket.once('data', () => tunnel.cut()));
    const tunnel = await createProxy({ 'riskos.test': new URL(server.url).port });
    onTestFinished(() => tunnel.close());
    const error = await created(clientWith({ HTTP_PROXY: tunnel.url }));
    expect(error).toMatchObject({ type: 'ConnectionLost', processed: 'perhaps' });
  });
});

describe('the setting of a proxy', () => {
  test.each([
    ['HTTPS_PROXY', 'socks5://secret-user:secret-word@proxy.example'],
    ['HTTP_PROXY', 'http://'],
    ['HTTPS_PROXY', 'http://secret-user:%zz@proxy.example:3128'],
  ])('is refused by name and without its value: %s=%s', (name, value) => {
    const read = () => dispatcherOfSettings({ [name]: value });
    expect(read).toThrow(
      expect.objectContaining({ type: 'WrongSetting', message: expect.stringContaining(name) }),
    );
    expect(read).not.toThrow(/secret/);
  });
});

describe('fetch through a proxy', () => {
  test('gets what a library asks for, sends what it posts, and follows no redirect', async () => {
    const server = createServer((request, response) => {
      if (request.method === 'POST') request.pipe(response);
      else if (request.url === '/moved') response.writeHead(302, { location: 'http://riskos.test/' }).end();
      else response.setHeader('content-type', 'application/json').end('{"keys":[]}');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const through = await createProxy({ 'idp.test': port });
    onTestFinished(() => through.close());
    const get = fetchThrough(dispatcherOfSettings({ HTTP_PROXY: through.url }));
    const answer = await get('http://idp.test/jwks', {
      headers: new Headers({ accept: 'application/json' }),
    });
    expect([answer.status, await answer.json()]).toEqual([200, { keys: [] }]);
    expect(answer.headers.get('content-type')).toBe('application/json');
    const echo = await get('http://idp.test/', { method: 'POST', body: '{"payloads":["é"]}' });
    expect(await echo.text()).toBe('{"payloads":["é"]}');
    expect((await get('http://idp.test/moved')).status).toBe(302);
    expect(new Set(through.connected)).toEqual(new Set(['idp.test:80']));
    await expect(get('http://idp.test/jwks', { signal: AbortSignal.abort() })).rejects.toThrow(/abort/);
  });
});
