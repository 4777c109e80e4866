import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import {
  type EvaluationRequest,
  type Processed,
  type RiskosError,
  type RiskosProblem,
  riskosProblems,
} from '../../src/riskos/index.ts';
import {
  completed,
  documentRequest,
  evalId,
  evaluationId,
  passiveRequest,
  paused,
} from './support/answers.ts';
import { clientOf, failureOf, freePort, startAnswering, startTcp } from './support/server.ts';

interface Expected {
  processed: Processed;
  /** What the error passes on. */
  evalId?: string;
}
type Answering = { status: number; body?: unknown; headers?: Record<string, string> };
type Case = [what: string, cause: Answering | (() => Promise<RiskosError>), expected: Expected];

const html = '<html>a proxy wrote this</html>';
const refusal = { error: 'denied', code: 'INVALID_PAYLOAD' };
const no: Expected = { processed: 'no' };
const perhaps: Expected = { processed: 'perhaps' };
const yes: Expected = { processed: 'yes', evalId };

const posted = (
  url: string,
  request: EvaluationRequest = passiveRequest,
  limits = {},
  total = 20_000,
): Promise<RiskosError> => failureOf(clientOf(url, { limits, timeouts: { total } }).create(request));

async function cutWith(text: string): Promise<RiskosError> {
  const server = await startTcp((socket) => socket.once('data', () => socket.end(text)));
  return posted(server.url);
}

const ok = 'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n';

/** Every type of error, and each way in which a POST comes to it; a new type without a row does not compile. */
const table: Record<RiskosProblem, Case[]> = {
  InvalidSettings: [],
  InvalidWebhook: [],
  InvalidRequest: [
    ['not sent', () => posted('http://127.0.0.1:1', { ...passiveRequest, evaluationId: '' }), no],
  ],
  DataRefused: [
    ['400 in RiskOS words', { status: 400, body: refusal }, no],
    ['422 in RiskOS words', { status: 422, body: { message: 'no' } }, no],
    ['400 of a proxy', { status: 400, body: html }, perhaps],
    ['400 without a body', { status: 400 }, perhaps],
    ['400 with an object that says nothing', { status: 400, body: {} }, perhaps],
    [
      '400 that names our evaluation',
      { status: 400, body: { ...refusal, id: evaluationId, eval_id: evalId } },
      yes,
    ],
    [
      '422 compressed',
      { status: 422, body: gzipSync('{}'), headers: { 'content-encoding': 'gzip' } },
      perhaps,
    ],
  ],
  AuthenticationFailed: [
    ['401 in RiskOS words', { status: 401, body: { error: 'AUTHENTICATION_FAILED' } }, no],
    ['401 of a proxy', { status: 401, body: html }, perhaps],
    ['500 with that code', { status: 500, body: { code: 'AUTHENTICATION_FAILED' } }, perhaps],
  ],
  PermissionDenied: [
    ['403 in RiskOS words', { status: 403, body: { message: 'forbidden' } }, no],
    ['403 of a firewall', { status: 403, body: html }, perhaps],
  ],
  WorkflowNotFound: [
    ['404 in RiskOS words', { status: 404, body: { code: 'WORKFLOW_NOT_FOUND', message: 'no' } }, no],
    ['409 with that code', { status: 409, body: { code: 'WORKFLOW_NOT_FOUND' } }, perhaps],
  ],
  WorkflowNotPublished: [
    ['403 in RiskOS words', { status: 403, body: { code: 'WORKFLOW_NOT_PUBLISHED' } }, no],
    ['502 with that code', { status: 502, body: { code: 'WORKFLOW_NOT_PUBLISHED' } }, perhaps],
  ],
  NotFound: [
    ['404 of a proxy', { status: 404, body: html }, perhaps],
    ['404 as JSON', { status: 404, body: { message: 'Not found' } }, perhaps],
    [
      '404 that names an evaluation',
      { status: 404, body: { message: 'x', eval_id: evalId } },
      { ...perhaps, evalId },
    ],
    ['400 with INVALID_ID', { status: 400, body: { code: 'INVALID_ID' } }, no],
  ],
  RequestRefused: [
    ['409', { status: 409, body: { message: 'conflict' } }, perhaps],
    ['409 that names our evaluation', { status: 409, body: completed() }, yes],
    ['405', { status: 405 }, perhaps],
    ['413', { status: 413, body: refusal }, perhaps],
  ],
  RateLimited: [
    ['429 in RiskOS words', { status: 429, body: { message: 'slow down' } }, no],
    ['429 of a gateway', { status: 429, body: html }, no],
    ['429 that names our evaluation', { status: 429, body: completed() }, yes],
  ],
  ServerError: [
    ['500', { status: 500, body: { error: { code: 'INTERNAL_ERROR' } } }, perhaps],
    ['503 of a gateway', { status: 503, body: html }, perhaps],
    ['500 that names our evaluation', { status: 500, body: completed() }, yes],
    [
      'a 500 that names another request',
      { status: 500, body: completed({ id: 'other' }) },
      { processed: 'perhaps', evalId },
    ],
  ],
  Unreachable: [
    ['refused', async () => posted(`http://127.0.0.1:${await freePort()}`), no],
    ['no such name', () => posted('http://riskos.invalid'), no],
  ],
  InsecureConnection: [
    [
      'no TLS',
      async () => posted((await startAnswering(200, completed())).url.replace('http:', 'https:')),
      no,
    ],
  ],
  TimedOut: [
    [
      'no answer',
      async () => posted((await startTcp(() => undefined)).url, passiveRequest, {}, 300),
      perhaps,
    ],
    ['408', { status: 408, body: refusal }, perhaps],
  ],
  ConnectionLost: [
    ['before the answer', () => cutWith(''), perhaps],
    ['within the answer', () => cutWith(`${ok}content-length: 500\r\n\r\n{"id":`), perhaps],
  ],
  Cancelled: [
    [
      'after it was sent',
      async () => {
        const controller = new AbortController();
        const server = await startTcp((socket) => socket.once('data', () => controller.abort()));
        return failureOf(clientOf(server.url).create(passiveRequest, { signal: controller.signal }));
      },
      perhaps,
    ],
    [
      'before it was sent',
      () => failureOf(clientOf('http://127.0.0.1:1').create(passiveRequest, { signal: AbortSignal.abort() })),
      no,
    ],
  ],
  Redirected: [
    ['302', { status: 302, headers: { location: 'http://127.0.0.1:1/' } }, perhaps],
    ['307 with an error', { status: 307, body: refusal, headers: { location: '/' } }, perhaps],
    ['303 that names our evaluation', { status: 303, body: completed(), headers: { location: '/' } }, yes],
  ],
  MalformedAnswer: [
    ['a page', { status: 200, body: html }, perhaps],
    ['nothing', { status: 201 }, perhaps],
    ['204', { status: 204 }, perhaps],
    ['not HTTP', () => cutWith('SSH-2.0-OpenSSH\r\n'), perhaps],
  ],
  IncompleteAnswer: [
    ['no ids', { status: 200, body: {} }, perhaps],
    ['no id of ours', { status: 200, body: completed({ id: null }) }, { processed: 'perhaps', evalId }],
    ['no lifecycle', { status: 200, body: completed({ eval_status: null }) }, yes],
    ['an eval_id that is none', { status: 200, body: completed({ eval_id: 'x'.repeat(201) }) }, perhaps],
    ['no capture link', async () => posted((await startAnswering(201, paused())).url, documentRequest), yes],
  ],
  ErrorInAnswer: [['an error with 200', { status: 200, body: { error: 'AUTHENTICATION_FAILED' } }, perhaps]],
  OversizedAnswer: [
    [
      'by its announced length',
      async () => posted((await startAnswering(200, completed())).url, passiveRequest, { json: 10 }),
      perhaps,
    ],
  ],
  EncodedAnswer: [
    [
      'gzip',
      { status: 200, body: gzipSync(JSON.stringify(completed())), headers: { 'content-encoding': 'gzip' } },
      perhaps,
    ],
  ],
  WrongEnvironment: [
    ['Production', { status: 200, body: completed({ environment_name: 'Production' }) }, yes],
  ],
  WrongEvaluation: [
    [
      'of another request',
      { status: 200, body: completed({ id: 'other' }) },
      { processed: 'perhaps', evalId },
    ],
  ],
};

describe.each(Object.entries(table).flatMap(([type, cases]) => cases.map((one) => [type, ...one] as const)))(
  'a POST that ends with %s: %s',
  (type, _, cause, { processed, evalId: named }) => {
    it(`is processed: ${processed}`, async () => {
      const error =
        typeof cause === 'function'
          ? await cause()
          : await posted((await startAnswering(cause.status, cause.body ?? '', cause.headers)).url);
      expect({ type: error.type, processed: error.processed, evalId: error.evalId }).toEqual({
        type,
        processed,
        evalId: named,
      });
    });
  },
);

describe('every type of error that a POST can have', () => {
  it('is in the table, with what it leaves open', () => {
    const without = Object.keys(riskosProblems).filter((type) => !(type in table));
    expect(without).toEqual([]);
  });
});

describe('a PATCH', () => {
  const resend = { kind: 'resend_one_time_code', evaluationId } as const;
  const patched = async (status: number, body: unknown): Promise<RiskosError> =>
    failureOf(clientOf((await startAnswering(status, body)).url).patch(evalId, resend));

  it.each<[string, number, unknown, Processed]>([
    ['an answer about it that lacks its lifecycle', 200, completed({ eval_status: null }), 'yes'],
    ['an answer about another evaluation', 200, completed({ eval_id: 'other' }), 'perhaps'],
    // It exists anyway: to name it does not say that the PATCH was processed.
    ['a 409 that names it', 409, completed(), 'perhaps'],
    ['a refusal', 400, refusal, 'no'],
    ['a 404', 404, { message: 'no' }, 'perhaps'],
  ])('is processed, by %s (%d): %s', async (_, status, body, processed) => {
    expect(await patched(status, body)).toMatchObject({ processed });
  });

  it('passes on no other evaluation', async () => {
    expect((await patched(200, completed({ eval_id: 'other' }))).evalId).toBeUndefined();
  });
});

describe('a GET', () => {
  it.each([200, 302, 400, 404, 409, 500])('changes nothing: %d', async (status) => {
    const riskos = await startAnswering(status, completed({ eval_status: null }));
    expect(await failureOf(clientOf(riskos.url).get(evalId))).toMatchObject({ processed: 'no' });
    expect(await failureOf(clientOf(riskos.url).documents(evalId))).toMatchObject({ processed: 'no' });
  });
});
