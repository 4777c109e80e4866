import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Processed,
  retryAfterOf,
  retryDelay,
  RiskosError,
  type RiskosProblem,
  riskosProblems,
} from '../../src/riskos/index.ts';
import { documentRequest, evalId, evaluationId, passiveRequest } from './support/answers.ts';
import { clientOf, failureOf, startAnswering } from './support/server.ts';
import { property } from '../support/property.ts';

const now = (): Date => new Date('2026-03-02T10:00:00.000Z');

async function refusedWith(
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<RiskosError> {
  const riskos = await startAnswering(status, body, headers);
  return failureOf(clientOf(riskos.url, { now }).create(passiveRequest));
}

describe('an HTTP error', () => {
  it.each<[number, unknown, RiskosProblem, Processed, boolean, string]>([
    [400, { code: 'INVALID_PAYLOAD', message: 'no' }, 'DataRefused', 'no', false, 'setup'],
    [400, { error: 'INVALID_REQUEST' }, 'DataRefused', 'no', false, 'setup'],
    [422, { message: 'no' }, 'DataRefused', 'no', false, 'setup'],
    [400, { code: 'INVALID_ID' }, 'NotFound', 'no', false, 'setup'],
    [401, { error: 'AUTHENTICATION_FAILED' }, 'AuthenticationFailed', 'no', false, 'setup'],
    [403, { message: 'forbidden' }, 'PermissionDenied', 'no', false, 'setup'],
    [403, { code: 'WORKFLOW_NOT_PUBLISHED' }, 'WorkflowNotPublished', 'no', false, 'setup'],
    [404, { error: 'x', code: 'WORKFLOW_NOT_FOUND' }, 'WorkflowNotFound', 'no', false, 'setup'],
    [404, { error: 'Workflow not found' }, 'WorkflowNotFound', 'no', false, 'setup'],
    [404, '<html>nothing here</html>', 'NotFound', 'perhaps', false, 'setup'],
    [405, '', 'RequestRefused', 'perhaps', false, 'setup'],
    [408, '', 'TimedOut', 'perhaps', true, 'riskos'],
    [429, { message: 'slow down' }, 'RateLimited', 'no', true, 'riskos'],
    [500, { error: { code: 'INTERNAL_ERROR', message: 'oops' } }, 'ServerError', 'perhaps', true, 'riskos'],
    [502, '<html>bad gateway</html>', 'ServerError', 'perhaps', true, 'riskos'],
    [503, 'null', 'ServerError', 'perhaps', true, 'riskos'],
  ])('%d %j is %s', async (status, body, type, processed, retryable, fault) => {
    const error = await refusedWith(status, body);
    expect(error).toMatchObject({ type, status, processed, retryable, fault });
    expect(error.action).not.toBe('');
    expect(error.message).toContain(`HTTP ${status}`);
    expect(error.message).toContain('POST /api/evaluation');
  });

  it('was not processed where nothing could change', async () => {
    const riskos = await startAnswering(500, {});
    const client = clientOf(riskos.url);
    for (const call of [client.get(evalId), client.documents(evalId)]) {
      expect(await failureOf(call)).toMatchObject({ type: 'ServerError', processed: 'no', retryable: true });
    }
    const patch = client.patch(evalId, { kind: 'resend_one_time_code', evaluationId });
    expect(await failureOf(patch)).toMatchObject({ type: 'ServerError', processed: 'perhaps' });
  });

  it('says in words what to check', async () => {
    expect((await refusedWith(401, {})).action).toContain('key');
    expect((await refusedWith(403, {})).action).toContain('permission');
    expect((await refusedWith(404, { code: 'WORKFLOW_NOT_FOUND' })).action).toContain('workflow name');
    expect((await refusedWith(400, { code: 'WORKFLOW_NOT_PUBLISHED' })).action).toContain('publish');
  });

  it.each([
    [
      'at the top',
      (invalid_args: unknown) => ({ error: 'x', code: 'INVALID_PAYLOAD', details: 'd', invalid_args }),
    ],
    ['inside error', (invalid_args: unknown) => ({ error: { code: 'INVALID_PAYLOAD', invalid_args } })],
  ])('names the fields of invalid_args %s as we name them, and never their values', async (_, shape) => {
    const error = await refusedWith(
      400,
      shape([
        { field: 'data.individual.phone_number', description: '+14155550142 is no number' },
        { field: 'individual.address.line_1', description: 'Harbour' },
        { field: 'date_of_birth', description: '1991' },
        { field: 'data.ip_address' },
        { field: 'data.individual.docv.config.send_message' },
        { field: 'data.external_device.is_ip_tor' },
        { field: 'workflow' },
        { field: 'robin.quill@example.com' },
        { field: 'Robin Quill' },
        { field: 42 },
        'not an object',
      ]),
    );
    expect(error).toMatchObject({ type: 'DataRefused', code: 'INVALID_PAYLOAD', fault: 'candidate' });
    expect(error.fields).toEqual([
      'candidate.phoneNumber',
      'candidate.address.line1',
      'candidate.dateOfBirth',
      'candidate.ipAddress',
      'documents.sendMessage',
      'externalDevice.isIpTor',
      'workflow',
      'unnamed field',
    ]);
    for (const value of ['+1415', 'Harbour', '1991', 'robin', 'Robin']) {
      expect(JSON.stringify(error) + error.message).not.toContain(value);
    }
  });

  it('is no fault of the candidate when only our own fields are named', async () => {
    const error = await refusedWith(400, { code: 'INVALID_REQUEST', invalid_args: [{ field: 'timestamp' }] });
    expect(error).toMatchObject({ type: 'DataRefused', fault: 'setup', fields: ['timestamp'] });
  });

  it('never repeats the free text of RiskOS', async () => {
    const text = 'robin.quill@example.com is not allowed';
    for (const body of [
      { message: text },
      { error: text },
      { error: text, code: text, message: text, details: text },
    ]) {
      const error = await refusedWith(400, body);
      expect(JSON.stringify(error) + error.message).not.toContain('robin');
    }
  });

  it('does not bring down the reader, whatever its body', async () => {
    for (const body of ['[]', '[1]', '"text"', '7', '{"invalid_args":{}}', '{"error":[]}', '{', '\u0000']) {
      expect((await refusedWith(400, body)).type).toBe('DataRefused');
    }
  });
});

describe('the wait that RiskOS asks for', () => {
  it.each([
    [{ 'x-retry-after': '2' }, 2000],
    [{ 'retry-after': '7' }, 7000],
    [{ 'x-retry-after': '1.5' }, 1500],
    [{ 'x-retry-after': '3', 'retry-after': '9' }, 3000],
    [{ 'x-retry-after': 'soon', 'retry-after': '9' }, 9000],
    [{ 'retry-after': 'Mon, 02 Mar 2026 10:00:05 GMT' }, 5000],
    [{ 'retry-after': 'Mon, 02 Mar 2026 09:00:00 GMT' }, 0],
    [{ 'retry-after': '86400' }, 3_600_000],
    [{ 'retry-after': 'Tue, 03 Mar 2026 10:00:00 GMT' }, 3_600_000],
    [{ 'retry-after': '-5' }, undefined],
    [{ 'retry-after': '1e9' }, undefined],
    [{ 'retry-after': 'never' }, undefined],
    [{}, undefined],
  ])('is read from %j as %j ms', async (headers, wait) => {
    const date = 'Mon, 02 Mar 2026 10:00:00 GMT';
    const error = await refusedWith(429, {}, { date, ...headers });
    expect(error).toMatchObject({ type: 'RateLimited', retryAfter: wait });
  });

  it('is read of a 503 too', async () => {
    expect((await refusedWith(503, {}, { 'retry-after': '4' })).retryAfter).toBe(4000);
  });

  property([fc.string(), fc.string()])(
    'is within an hour or absent, whatever is written',
    (first, second) => {
      const wait = retryAfterOf({ 'x-retry-after': first, 'retry-after': second }, now());
      expect(wait === undefined || (wait >= 0 && wait <= 3_600_000)).toBe(true);
    },
  );
});

describe('the delay before another attempt', () => {
  const limited = new RiskosError('RateLimited', { processed: 'no', retryAfter: 4000 });
  const down = new RiskosError('Unreachable');

  it('grows exponentially up to its limit', () => {
    const delays = [1, 2, 3, 4, 20].map((attempt) =>
      retryDelay(down, attempt, { first: 100, longest: 1000, random: () => 1 }),
    );
    expect(delays).toEqual([100, 200, 400, 800, 1000]);
  });

  property([fc.integer({ min: 1, max: 200 }), fc.double({ min: 0, max: 1, noNaN: true })])(
    'is spread by jitter, and never shorter than RiskOS asked for',
    (attempt, random) => {
      const free = retryDelay(down, attempt, { random: () => random });
      expect(free).toBeGreaterThanOrEqual(0);
      expect(free).toBeLessThanOrEqual(60_000);
      expect(retryDelay(limited, attempt, { random: () => random })).toBeGreaterThanOrEqual(4000);
    },
  );

  it('is none where another attempt does not pay or could do it twice', () => {
    expect(retryDelay(new RiskosError('AuthenticationFailed'), 1)).toBeUndefined();
    for (const processed of ['perhaps', 'yes'] as const) {
      expect(retryDelay(new RiskosError('TimedOut', { processed }), 1)).toBeUndefined();
    }
    expect(retryDelay(new RiskosError('TimedOut', { processed: 'no' }), 1)).toBeDefined();
  });
});

describe('every type of error', () => {
  it.each(Object.entries(riskosProblems))(
    '%s says what happened and what to do, in one line',
    (_, meaning) => {
      expect(meaning.what).toMatch(/^[^\n]{10,}$/);
      expect(meaning.action).toMatch(/^[^\n]+$/);
    },
  );
});

it('a connection that is refused was never processed', async () => {
  const client = clientOf('http://127.0.0.1:1');
  expect(await failureOf(client.create(documentRequest))).toMatchObject({
    type: 'Unreachable',
    processed: 'no',
    retryable: true,
  });
});
