import { once } from 'node:events';
import { createServer as createTlsServer } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { completed, documentRequest, evalId, evaluationId, passiveRequest } from './support/answers.ts';
import { clientOf, failureOf, freePort, startAnswering, startRiskos, startTcp } from './support/server.ts';

const head = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';

describe('a connection that cannot be made', () => {
  it('was never processed: nobody listens', async () => {
    const client = clientOf(`http://127.0.0.1:${await freePort()}`);
    for (const call of [client.create(documentRequest), client.get(evalId), client.documents(evalId)]) {
      expect(await failureOf(call)).toMatchObject({
        type: 'Unreachable',
        processed: 'no',
        retryable: true,
        fault: 'riskos',
      });
    }
  });

  it('was never processed: the name is unknown', async () => {
    const error = await failureOf(clientOf('http://riskos.invalid').create(documentRequest));
    expect(error).toMatchObject({ type: 'Unreachable', processed: 'no', retryable: true });
  });

  it('was never processed: the server speaks no TLS', async () => {
    const riskos = await startAnswering(200, completed());
    const client = clientOf(riskos.url.replace('http:', 'https:'));
    const error = await failureOf(client.create(documentRequest));
    expect(error).toMatchObject({ type: 'InsecureConnection', processed: 'no', fault: 'setup' });
    expect(riskos.received).toHaveLength(0);
  });

  it('was never processed: the TLS handshake is cut', async () => {
    const server = await startTcp((socket) => socket.once('data', () => socket.destroy()));
    const error = await failureOf(clientOf(server.url.replace('http:', 'https:')).create(documentRequest));
    expect(error).toMatchObject({ type: 'Unreachable', processed: 'no', retryable: true });
  });

  it('was never processed: the TLS handshake has no common cipher', async () => {
    const server = createTlsServer({}, () => undefined);
    server.on('tlsClientError', () => undefined);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    const error = await failureOf(clientOf(`https://127.0.0.1:${port}`).create(documentRequest));
    expect(error).toMatchObject({ type: 'InsecureConnection', processed: 'no', retryable: false });
  });

  it('was never processed: connecting takes too long', async () => {
    // The handshake of TLS counts as connecting, and this server says nothing.
    const server = await startTcp(() => undefined);
    const client = clientOf(server.url.replace('http:', 'https:'), { timeouts: { connect: 50 } });
    const error = await failureOf(client.create(documentRequest));
    expect(error).toMatchObject({ type: 'Unreachable', processed: 'no', retryable: true });
  });
});

describe('a connection that is cut', () => {
  it.each([
    ['before a byte of the answer', ''],
    ['in the status line', 'HTTP/1.1 20'],
    ['in the headers', head],
    ['in a body of announced length', `${head}content-length: 500\r\n\r\n{"id":`],
    ['in a body of chunks', `${head}transfer-encoding: chunked\r\n\r\n6\r\n{"id":\r\n`],
  ])('was perhaps processed: %s', async (_, text) => {
    const server = await startTcp((socket) => socket.once('data', () => socket.end(text)));
    const client = clientOf(server.url);
    const failed = { type: 'ConnectionLost', retryable: true, fault: 'riskos' };
    expect(await failureOf(client.create(documentRequest))).toMatchObject({
      ...failed,
      processed: 'perhaps',
    });
    expect(await failureOf(client.get(evalId))).toMatchObject({ ...failed, processed: 'no' });
  });

  it('was perhaps processed: reset', async () => {
    const server = await startTcp((socket) => socket.once('data', () => socket.resetAndDestroy()));
    const error = await failureOf(clientOf(server.url).create(documentRequest));
    expect(error).toMatchObject({ type: 'ConnectionLost', processed: 'perhaps' });
  });

  it('was perhaps processed: an answer that is not HTTP', async () => {
    const server = await startTcp((socket) =>
      socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9.6\r\n')),
    );
    const error = await failureOf(clientOf(server.url).create(documentRequest));
    expect(error).toMatchObject({ type: 'MalformedAnswer', processed: 'perhaps' });
  });

  it('still has the status of an error whose body was cut', async () => {
    const server = await startTcp((socket) =>
      socket.once('data', () =>
        socket.end('HTTP/1.1 429 Too Many Requests\r\nretry-after: 3\r\ncontent-length: 90\r\n\r\n{"mess'),
      ),
    );
    const error = await failureOf(clientOf(server.url).create(documentRequest));
    expect(error).toMatchObject({ type: 'RateLimited', processed: 'no', retryAfter: 3000 });
  });
});

describe('an answer that does not come', () => {
  it('is given up: no headers', async () => {
    const riskos = await startRiskos(() => undefined);
    const client = clientOf(riskos.url, { timeouts: { headers: 50 } });
    const [create, get] = await Promise.all([
      failureOf(client.create(documentRequest)),
      failureOf(client.get(evalId)),
    ]);
    expect(create).toMatchObject({ type: 'TimedOut', processed: 'perhaps', retryable: true });
    expect(get).toMatchObject({ type: 'TimedOut', processed: 'no' });
  });

  it('is given up: a body that stops', async () => {
    const server = await startTcp((socket) =>
      socket.once('data', () => socket.write(`${head}content-length: 500\r\n\r\n{"id"`)),
    );
    const error = await failureOf(clientOf(server.url, { timeouts: { body: 50 } }).create(documentRequest));
    expect(error).toMatchObject({ type: 'TimedOut', status: 200, processed: 'perhaps' });
  });

  it('is given up: a body that drips for ever', async () => {
    const server = await startTcp((socket) =>
      socket.once('data', () => {
        socket.write(`${head}transfer-encoding: chunked\r\n\r\n`);
        const drip = setInterval(() => socket.write('1\r\n \r\n'), 5);
        socket.once('close', () => clearInterval(drip));
      }),
    );
    const error = await failureOf(clientOf(server.url, { timeouts: { total: 300 } }).create(documentRequest));
    expect(error).toMatchObject({ type: 'TimedOut', processed: 'perhaps' });
  });

  it('still has the status of an error whose body drips for ever, and does not believe it', async () => {
    const riskos = await startRiskos((_, response) => {
      response.writeHead(403, { 'content-type': 'application/json' });
      const drip = setInterval(() => response.write(' '), 5);
      response.once('close', () => clearInterval(drip));
    });
    const error = await failureOf(clientOf(riskos.url, { timeouts: { total: 600 } }).create(documentRequest));
    expect(error).toMatchObject({ type: 'PermissionDenied', status: 403, processed: 'perhaps' });
  });

  it('is given up: informational answers for ever', async () => {
    const server = await startTcp((socket) =>
      socket.once('data', () => {
        const drip = setInterval(() => socket.write('HTTP/1.1 103 Early Hints\r\n\r\n'), 5);
        socket.once('close', () => clearInterval(drip));
      }),
    );
    const error = await failureOf(clientOf(server.url, { timeouts: { total: 300 } }).create(documentRequest));
    expect(error).toMatchObject({ processed: 'perhaps' });
    expect(['TimedOut', 'MalformedAnswer']).toContain(error.type);
  });
});

describe('a cancelled call', () => {
  it('stops its request', async () => {
    let tell = (): void => undefined;
    const closed = new Promise<void>((resolve) => {
      tell = resolve;
    });
    const server = await startTcp((socket) => socket.once('close', tell));
    const controller = new AbortController();
    const reason = new Error('the worker drains');
    const call = clientOf(server.url).create(documentRequest, { signal: controller.signal });
    await until(() => server.requests.length > 0);
    controller.abort(reason);
    expect(await failureOf(call)).toMatchObject({
      type: 'Cancelled',
      processed: 'perhaps',
      retryable: true,
      cause: reason,
    });
    await closed;
  });

  it('is not sent when it was cancelled before', async () => {
    const riskos = await startAnswering(200, completed());
    const signal = AbortSignal.abort();
    const error = await failureOf(clientOf(riskos.url).create(documentRequest, { signal }));
    expect(error).toMatchObject({ type: 'Cancelled', processed: 'no' });
    expect(riskos.received).toHaveLength(0);
  });

  it('is given up at once while it still connects, and is never sent', async () => {
    const server = await startTcp(() => undefined);
    const controller = new AbortController();
    const client = clientOf(server.url.replace('http:', 'https:'));
    const call = client.create(documentRequest, { signal: controller.signal });
    await until(() => server.requests.length > 0);
    controller.abort();
    expect(await failureOf(call)).toMatchObject({ type: 'Cancelled', processed: 'no' });
    server.cut();
  });

  it('while another one is waiting for the same connection is never sent', async () => {
    const riskos = await startRiskos((request, response) => {
      if (request.url.endsWith('/first'))
        void release.then(() => response.end(JSON.stringify(completed({ eval_id: 'first' }))));
      else response.end(JSON.stringify(completed()));
    });
    const client = clientOf(riskos.url, { connections: 1 });
    let open = (): void => undefined;
    const release = new Promise<void>((resolve) => {
      open = resolve;
    });
    const taken = riskos.next();
    const first = client.get('first');
    await taken;
    const controller = new AbortController();
    const second = client.create(documentRequest, { signal: controller.signal });
    controller.abort();
    expect(await failureOf(second)).toMatchObject({ type: 'Cancelled', processed: 'no' });
    open();
    await first;
    expect((await client.get(evalId)).evalId).toBe(evalId);
    expect(riskos.received.map(({ method }) => method)).toEqual(['GET', 'GET']);
  });
});

describe('the pool', () => {
  it('keeps a connection for the next call', async () => {
    const ports = new Set<number | undefined>();
    const body = JSON.stringify(completed());
    const server = await startTcp((socket) => {
      socket.on('data', () => {
        ports.add(socket.remotePort);
        socket.write(
          `${head}connection: keep-alive\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
        );
      });
    });
    const client = clientOf(server.url);
    for (let calls = 20; calls > 0; calls -= 1) await client.get(evalId);
    // A second one may be opened while the first is being handed back.
    expect(ports.size).toBeLessThanOrEqual(2);
  });

  it('opens no more connections than allowed', async () => {
    let open = 0;
    let most = 0;
    const riskos = await startRiskos((_, response) => {
      open += 1;
      most = Math.max(most, open);
      setImmediate(() => {
        open -= 1;
        response.end(JSON.stringify(completed()));
      });
    });
    const client = clientOf(riskos.url, { connections: 2 });
    await Promise.all(Array.from({ length: 12 }, () => client.get(evalId)));
    expect(most).toBeLessThanOrEqual(2);
  });

  it('closes after the calls under way, and takes no more', async () => {
    const riskos = await startAnswering(200, completed());
    const client = clientOf(riskos.url);
    const call = client.get(evalId);
    await client.close();
    expect((await call).evalId).toBe(evalId);
    expect(await failureOf(client.create(passiveRequest))).toMatchObject({
      type: 'Cancelled',
      processed: 'no',
    });
  });
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

describe('a connection that the server closes as soon as the next request comes', () => {
  /** Answers one request on each connection, and closes it when another one comes. */
  async function closing(): Promise<{ url: string; requests: string[] }> {
    const body = JSON.stringify(completed());
    return startTcp((socket) => {
      let answered = false;
      socket.on('data', () => {
        if (answered) return socket.destroy();
        answered = true;
        socket.write(
          `${head}connection: keep-alive\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
        );
      });
    });
  }

  it('costs no POST and no PATCH: each has a connection of its own', async () => {
    const server = await closing();
    const client = clientOf(server.url);
    const resend = { kind: 'resend_one_time_code', evaluationId } as const;
    for (let calls = 5; calls > 0; calls -= 1) {
      await client.create(passiveRequest);
      await client.patch(evalId, resend);
    }
    expect(server.requests.filter((text) => text.startsWith('POST'))).toHaveLength(5);
  });

  it('fails a GET, which is not sent again behind the back of the caller', async () => {
    const server = await closing();
    const client = clientOf(server.url, { connections: 1 });
    await client.get(evalId);
    expect(await failureOf(client.get(evalId))).toMatchObject({ type: 'ConnectionLost', processed: 'no' });
    expect(server.requests.filter((text) => text.startsWith('GET'))).toHaveLength(2);
  });
});
