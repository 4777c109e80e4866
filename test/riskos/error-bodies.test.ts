import { describe, expect, it } from 'vitest';
import { errorOfAnswer } from '../../src/riskos/failures.ts';
import type { Sent } from '../../src/riskos/processed.ts';
import { evalId, evaluationId } from './support/answers.ts';

const create: Sent = { kind: 'create', evaluationId };

function errorOf(status: number, body: unknown, sent: Sent = create) {
  const answer = { status, headers: {}, body: Buffer.from(JSON.stringify(body)) };
  return errorOfAnswer(answer, { call: 'POST /x', sent, now: new Date(0) });
}

describe("RiskOS's error code", () => {
  it.each<[unknown, string | undefined]>([
    [{ message: 'SOME_THING' }, 'SOME_THING'],
    [{ error: { code: 'A_LONG_ONE' } }, undefined],
    [{ error: { code: 'SUCH_A_LONG_ONE' } }, 'SUCH_A_LONG_ONE'],
    [{ error: ' workflow not found ' }, 'WORKFLOW_NOT_FOUND'],
    [{ error: 'X SOME_THING' }, undefined],
    [{ error: 'SOME_THING else' }, undefined],
    [{ code: `AB_${'C'.repeat(61)}` }, `AB_${'C'.repeat(61)}`],
    [{ code: `AB_${'C'.repeat(62)}` }, undefined],
  ])('of %j is %s', (body, code) => {
    expect(errorOf(418, body).code).toBe(code);
  });
});

describe('the fields of a refusal', () => {
  it.each([
    ['data.individual.given_name', 'candidate.givenName'],
    ['$.data.individual.given_name', 'candidate.givenName'],
    ['given_name', 'candidate.givenName'],
    ['individual.external_device.id', 'externalDevice.id'],
    ['individual.docv.config.language', 'documents.language'],
    ['individual.docv.redirect.url', 'documents.redirect.url'],
    ['data', 'unnamed field'],
    ['individual', 'candidate'],
    ['', 'unnamed field'],
    ['Robin Quill', 'unnamed field'],
  ])('%s is %s', (field, name) => {
    expect(errorOf(400, { error: 'x', invalid_args: [{ field }] }).fields).toEqual([name]);
  });

  it('are none where the arguments are no list, and the first 50 of more', () => {
    expect(errorOf(400, { error: 'x', invalid_args: 'email' }).fields).toEqual([]);
    expect(errorOf(400, 'x').fields).toEqual([]);
    const invalid_args = Array.from({ length: 60 }, (_, at) => ({ field: `f${at}` }));
    expect(errorOf(400, { error: 'x', invalid_args }).fields).toHaveLength(50);
  });
});

it('an evaluation that a failed answer names is kept of a POST alone', () => {
  expect(errorOf(500, { eval_id: evalId }).evalId).toBe(evalId);
  expect(errorOf(500, { eval_id: evalId }, { kind: 'read', evalId }).evalId).toBeUndefined();
});
