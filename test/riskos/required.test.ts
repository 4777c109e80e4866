import { expect, it } from 'vitest';
import { parseEvaluationRequest } from '../../src/riskos/requests.ts';
import { redactedRequest } from '../../src/riskos/redaction.ts';
import { evaluationId, person } from './support/answers.ts';
import { thrownBy } from './support/thrown.ts';

it('a request names each field that it lacks, as required, and what is wrong with others', () => {
  const lacking = { useCase: 'document_verification', candidate: { ...person, email: undefined } };
  const error = thrownBy(() => parseEvaluationRequest(lacking));
  expect(error.fields.toSorted()).toEqual(['candidate.email', 'evaluationId']);
  expect(error.message).toContain('evaluationId: is required');
  expect(error.message).toContain('candidate.email: is required');
  const wrong = { ...lacking, evaluationId: 'a b', candidate: person };
  expect(thrownBy(() => parseEvaluationRequest(wrong)).message).toMatch(/evaluationId: must be 1 to 200/);
});

it('a request that is no object is about no field', () => {
  expect(thrownBy(() => parseEvaluationRequest('text')).fields).toEqual([]);
});

it('the log has no count where nothing was left out, and none for a field that is undefined', () => {
  expect(redactedRequest({ id: evaluationId, data: undefined })).toStrictEqual({ id: evaluationId });
  expect(redactedRequest({ id: evaluationId, other: 1 })).toStrictEqual({ id: evaluationId, redacted: 1 });
});
