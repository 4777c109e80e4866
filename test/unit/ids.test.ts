import { fc, test } from '@fast-check/vitest';
import { describe, expect } from 'vitest';
import {
  applicationId,
  type EvaluationKey,
  formatEvaluationId,
  parseEvaluationId,
  stages,
} from '../../src/contract/index.ts';

const key: fc.Arbitrary<EvaluationKey> = fc.record({
  applicationId: fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
  run: fc.stringMatching(/^[0-9a-f]{8}$/),
  stage: fc.constantFrom(...stages),
  attempt: fc.integer({ min: 1, max: 999_999 }),
});

describe('evaluationId', () => {
  test.prop([key])('parse is the inverse of format', (original) => {
    expect(parseEvaluationId(formatEvaluationId(original))).toEqual(original);
  });

  test.prop([fc.string()])('format is the inverse of parse, for whatever parses', (text) => {
    const parsed = parseEvaluationId(text);
    if (parsed) expect(formatEvaluationId(parsed)).toBe(text);
  });

  test.prop([key, key])('different keys have different ids', (one, other) => {
    fc.pre(JSON.stringify(one) !== JSON.stringify(other));
    expect(formatEvaluationId(one)).not.toBe(formatEvaluationId(other));
  });

  test.each([
    'verify-ping1',
    '',
    'a~b~c~d',
    'app-1~0123abcd~passive_check~0',
    'app-1~0123abcd~no_stage~1',
    'app-1~0123abcd~passive_check~1\n',
  ])('is not found in %j', (foreign) => {
    expect(parseEvaluationId(foreign)).toBeUndefined();
  });
});

describe('applicationId', () => {
  test.prop([fc.string()])('takes exactly what its alphabet allows', (text) => {
    expect(applicationId.safeParse(text).success).toBe(
      /^[A-Za-z0-9_-]{1,64}$/.test(text) && !text.includes('\n'),
    );
  });
});
