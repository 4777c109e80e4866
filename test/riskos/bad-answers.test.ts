import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Processed, RiskosProblem } from '../../src/riskos/index.ts';
import {
  completed,
  documentRequest,
  evalId,
  evaluationId,
  passiveRequest,
  paused,
} from './support/answers.ts';
import { clientOf, failureOf, startAnswering, startRiskos, startTcp } from './support/server.ts';

const resend = { kind: 'resend_one_time_code', evaluationId } as const;

/** What a POST, a PATCH and a GET make of it: only the last changes nothing. */
async function troublesOf(url: string): Promise<[RiskosProblem, Processed][]> {
  const client = clientOf(url, { timeouts: { total: 2000 } });
  const errors = [
    await failureOf(client.create(passiveRequest)),
    await failureOf(client.patch(evalId, resend)),
    await failureOf(client.get(evalId)),
  ];
  return errors.map(({ type, processed }) => [type, processed]);
}

function thrice(type: RiskosProblem, processed: Processed = 'perhaps'): [RiskosProblem, Processed][] {
  return [
    [type, processed],
    [type, processed],
    [type, 'no'],
  ];
}

describe('a 2xx answer that is not what RiskOS is documented to send', () => {
  it('is a named error when documents were asked for and nothing says how to take them', async () => {
    const riskos = await startAnswering(201, paused());
    const client = clientOf(riskos.url);
    expect(await failureOf(client.create(documentRequest))).toMatchObject({
      type: 'IncompleteAnswer',
      processed: 'yes',
      fields: ['capture link'],
      evalId,
    });
    expect(await client.create(passiveRequest)).toMatchObject({ pausedFor: 'unknown' });
  });

  it.each<[string, string, RiskosProblem, Processed?]>([
    ['an HTML page', '<!doctype html><title>Welcome to the hotel WiFi</title>', 'MalformedAnswer'],
    ['nothing', '', 'MalformedAnswer'],
    ['half of a JSON object', JSON.stringify(completed()).slice(0, 200), 'MalformedAnswer'],
    ['a list', '[]', 'MalformedAnswer'],
    ['null', 'null', 'MalformedAnswer'],
    ['a text', '"evaluation_completed"', 'MalformedAnswer'],
    ['nesting a million deep', '['.repeat(1_000_000), 'MalformedAnswer'],
    [
      'enrichments nested a hundred thousand deep',
      `{"data_enrichments":${'['.repeat(100_000)}${']'.repeat(100_000)}}`,
      'IncompleteAnswer',
    ],
    ['bytes that are no UTF-8', '\ufffd', 'MalformedAnswer'],
    ['an error', '{"error":"AUTHENTICATION_FAILED"}', 'ErrorInAnswer'],
    ['a message', '{"message":"Something went wrong"}', 'ErrorInAnswer'],
    ['an object without anything', '{}', 'IncompleteAnswer'],
    ['ids of the wrong type', JSON.stringify(completed({ id: 7, eval_id: {} })), 'IncompleteAnswer'],
    ['no eval_id', JSON.stringify(completed({ eval_id: null })), 'IncompleteAnswer'],
    [
      'an unknown lifecycle',
      JSON.stringify(completed({ eval_status: 'evaluation_lost' })),
      'IncompleteAnswer',
      'yes',
    ],
    ['no lifecycle', JSON.stringify(completed({ eval_status: null })), 'IncompleteAnswer', 'yes'],
    ['another evaluation', JSON.stringify(completed({ id: 'x', eval_id: 'y' })), 'WrongEvaluation'],
    [
      'another environment',
      JSON.stringify(completed({ environment_name: 'Production' })),
      'WrongEnvironment',
      'yes',
    ],
  ])('is a named error: %s', async (_, body, type, processed) => {
    const riskos = await startAnswering(200, body === '\ufffd' ? new Uint8Array([0x7b, 0xff, 0xfe]) : body);
    expect(await troublesOf(riskos.url)).toEqual(thrice(type, processed));
  });

  it('keeps the id of the evaluation that was made, so that it can be read', async () => {
    for (const body of [
      completed({ eval_status: 'evaluation_lost' }),
      completed({ environment_name: 'Production' }),
      paused(),
    ]) {
      const riskos = await startAnswering(201, body);
      const error = await failureOf(clientOf(riskos.url).create(documentRequest));
      expect(error).toMatchObject({ processed: 'yes', evalId });
    }
  });

  it('names what is missing', async () => {
    const riskos = await startAnswering(200, completed({ id: null, eval_id: 7 }));
    expect((await failureOf(clientOf(riskos.url).get(evalId))).fields).toEqual(['id', 'eval_id']);
  });

  it('accepts the environment in any case, and one that is not named', async () => {
    for (const environment_name of ['sandbox', ' Sandbox ', '', null, undefined]) {
      const riskos = await startAnswering(200, completed({ environment_name }));
      expect((await clientOf(riskos.url).get(evalId)).evalId).toBe(evalId);
    }
  });

  it('stops a client of Production that gets an answer of the Sandbox', async () => {
    const riskos = await startAnswering(200, completed());
    const error = await failureOf(clientOf(riskos.url, { environment: 'Production' }).get(evalId));
    expect(error).toMatchObject({ type: 'WrongEnvironment', fault: 'setup', retryable: false });
  });
});

describe('a redirect', () => {
  it.each([301, 302, 303, 307, 308])('is not followed, so that the key stays here: %d', async (status) => {
    const elsewhere = await startAnswering(200, completed());
    const riskos = await startAnswering(status, '', { location: `${elsewhere.url}/api/evaluation` });
    const error = await failureOf(clientOf(riskos.url).create(passiveRequest));
    expect(error).toMatchObject({ type: 'Redirected', status, fault: 'setup', retryable: false });
    expect(elsewhere.received).toHaveLength(0);
  });
});

describe('a compressed answer', () => {
  // 64 MiB of nothing in 64 kB.
  const bomb = gzipSync(Buffer.alloc(64 * 1024 * 1024), { level: 1 });

  it.each(['gzip', 'br', 'deflate', 'gzip, identity'])('is refused unread: %s', async (encoding) => {
    const riskos = await startAnswering(200, bomb, { 'content-encoding': encoding });
    const before = process.memoryUsage().arrayBuffers;
    const error = await failureOf(clientOf(riskos.url).create(passiveRequest));
    expect(error).toMatchObject({ type: 'EncodedAnswer', processed: 'perhaps', retryable: false });
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(16 * 1024 * 1024);
  });

  it('is no trouble when it is identity', async () => {
    const riskos = await startAnswering(200, completed(), { 'content-encoding': 'Identity' });
    expect((await clientOf(riskos.url).get(evalId)).state).toBe('completed');
  });

  it('of an error still has its status', async () => {
    const riskos = await startAnswering(401, gzipSync('{}'), { 'content-encoding': 'gzip' });
    expect((await failureOf(clientOf(riskos.url).get(evalId))).type).toBe('AuthenticationFailed');
  });
});

describe('an answer that is too large', () => {
  it('is dropped by its announced length before it is read', async () => {
    const server = await startTcp((socket) =>
      socket.once('data', () =>
        socket.write(
          'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 10485760\r\n\r\n{',
        ),
      ),
    );
    expect(await troublesOf(server.url)).toEqual(thrice('OversizedAnswer'));
  });

  it('is dropped at the limit when it has no announced length and no end', async () => {
    let sent = 0;
    const riskos = await startRiskos((_, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      const chunk = Buffer.alloc(64 * 1024, ' ');
      const more = (): void => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length;
        if (!response.destroyed) response.once('drain', more);
      };
      more();
    });
    const client = clientOf(riskos.url, { limits: { json: 256 * 1024 } });
    const error = await failureOf(client.create(passiveRequest));
    expect(error).toMatchObject({ type: 'OversizedAnswer', processed: 'perhaps', retryable: false });
    expect(sent).toBeLessThan(16 * 1024 * 1024);
  });

  it('is taken up to the limit', async () => {
    const body = JSON.stringify(completed());
    const riskos = await startAnswering(200, body);
    const exact = clientOf(riskos.url, { limits: { json: Buffer.byteLength(body) } });
    expect((await exact.get(evalId)).state).toBe('completed');
    const less = clientOf(riskos.url, { limits: { json: Buffer.byteLength(body) - 1 } });
    expect((await failureOf(less.get(evalId))).type).toBe('OversizedAnswer');
  });

  it('still has its status when it is an error', async () => {
    const riskos = await startAnswering(429, `{"message":"${'x'.repeat(10 * 1024 * 1024)}"}`, {
      'retry-after': '2',
    });
    const error = await failureOf(clientOf(riskos.url).create(passiveRequest));
    expect(error).toMatchObject({ type: 'RateLimited', processed: 'no', retryAfter: 2000 });
  });

  it('may have headers of any size but not unbounded ones', async () => {
    const server = await startTcp((socket) =>
      socket.once('data', () => socket.write(`HTTP/1.1 200 OK\r\nx-filler: ${'x'.repeat(200_000)}\r\n\r\n`)),
    );
    expect(await troublesOf(server.url)).toEqual(thrice('OversizedAnswer'));
  });
});

describe('after a bad answer', () => {
  it('the client goes on', async () => {
    const bodies = ['<html>', '', '{"error":"x"}', JSON.stringify(completed())];
    const riskos = await startRiskos((_, response) => response.end(bodies.shift()));
    const client = clientOf(riskos.url);
    for (let left = 3; left > 0; left -= 1) await failureOf(client.get(evalId));
    expect((await client.get(evalId)).state).toBe('completed');
  });
});
