import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { Webhook } from 'standardwebhooks';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Run } from '../support/command.ts';
import { run } from '../support/processes.ts';
import { createProxy, type Proxy } from '../support/proxy.ts';

const secret = `whsec_${Buffer.alloc(32, 'a').toString('base64')}`;
const other = `whsec_${Buffer.alloc(32, 'b').toString('base64')}`;
const authority = fileURLToPath(new URL('../support/tls/certificate.pem', import.meta.url));

/** HR's receiver at `https://hr.test`, whose certificate is of a private authority, behind a proxy. */
let proxy: Proxy;
let close: () => void;
/** What it answers to a right signature. */
let answer: { status: number; headers?: Record<string, string> };
let bodies: string[];

beforeEach(async () => {
  answer = { status: 204 };
  bodies = [];
  const key = readFileSync(new URL('../support/tls/key.pem', import.meta.url));
  const server = createServer({ cert: readFileSync(authority), key }, (request, response) => {
    void text(request).then((body) => {
      const { status, headers } = isSigned(body, request) ? answer : { status: 401 };
      bodies.push(body);
      response.writeHead(status, headers).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  proxy = await createProxy({ 'hr.test': typeof address === 'object' && address ? address.port : 0 });
  close = () => server.close();
});
afterEach(async () => {
  close();
  await proxy.close();
});

function isSigned(body: string, { headers }: IncomingMessage): boolean {
  try {
    const named = Object.entries(headers).map(([name, value]) => [name, String(value)]);
    new Webhook(secret).verify(body, Object.fromEntries(named));
    return true;
  } catch {
    return false;
  }
}

function noticesTest(environment: Record<string, string> = {}, ...args: string[]): Promise<Run> {
  return run(['notices', 'test', ...args], {
    NOTIFY_URL: 'https://hr.test/notices',
    NOTIFY_SECRETS: secret,
    HTTPS_PROXY: proxy.url,
    NODE_EXTRA_CA_CERTS: authority,
    ...environment,
  });
}

describe('notices test', () => {
  test('sends a signed notice through the proxy to a receiver with a private authority, and says ok', async () => {
    const { code, stdout, stderr } = await noticesTest();
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^ok, after \d+ ms: .*2xx/);
    expect(proxy.connected).toEqual(['hr.test:443']);
    expect(JSON.parse(bodies[0] ?? '')).toMatchObject({ type: 'notice.test', data: {} });
  });

  test.each<[string, number, Record<string, string>, RegExp, RegExp]>([
    ['gone', 410, {}, /wants no notices any more \(HTTP 410\)/, /NOTIFY_URL/],
    ['moved', 301, { location: '/notices/' }, /same path with a slash at its end/, /set NOTIFY_URL/],
    ['down', 503, {}, /the receiver failed \(HTTP 503\)/, /log of the receiver/],
  ])('explains what a receiver answers that is %s', async (_, status, headers, what, action) => {
    answer = { status, headers };
    const { code, stdout } = await noticesTest();
    const [first, second] = stdout.split('\n');
    expect(code).toBe(1);
    expect(first).toMatch(/^not taken, after \d+ ms: /);
    expect(first).toMatch(what);
    expect(second).toMatch(/^to do: /);
    expect(second).toMatch(action);
  });

  test('explains a secret that the receiver does not have', async () => {
    const { code, stdout } = await noticesTest({ NOTIFY_SECRETS: other });
    expect(code).toBe(1);
    expect(stdout).toContain('refuses the signature (HTTP 401)');
    expect(stdout).not.toContain(other);
  });

  test('explains an authority that this machine does not know', async () => {
    const { code, stdout } = await noticesTest({ NODE_EXTRA_CA_CERTS: '' });
    expect(code).toBe(1);
    expect(stdout).toContain('NODE_EXTRA_CA_CERTS');
  });

  test('prints JSON for a script', async () => {
    answer = { status: 410 };
    const { code, stdout } = await noticesTest({}, '--json');
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ taken: false, what: expect.stringContaining('410') });
  });

  test.each([
    ['NOTIFY_URL', { NOTIFY_URL: '' }],
    ['HTTPS_PROXY', { HTTPS_PROXY: 'socks5://secret@proxy.example' }],
  ])('needs %s', async (name, environment) => {
    const { code, stderr, stdout } = await noticesTest(environment);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(name);
    expect(stderr).not.toContain('secret');
  });
});
