import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  applicationId,
  applicationIdOf,
  type EvaluationKey,
  formatEvaluationId,
  parseEvaluationId,
  stages,
  workflowIdOf,
} from '../../src/contract/index.ts';
import { property } from '../support/property.ts';

const key: fc.Arbitrary<EvaluationKey> = fc.record({
  applicationId: fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/),
  run: fc.stringMatching(/^[0-9a-f]{8}$/),
  stage: fc.constantFrom(...stages),
  attempt: fc.integer({ min: 1, max: 999_999 }),
});

describe('evaluationId', () => {
  property([key])('parse is the inverse of format', (original) => {
    expect(parseEvaluationId(formatEvaluationId(original))).toEqual(original);
  });

  property([fc.string()])('format is the inverse of parse, for whatever parses', (text) => {
    const parsed = parseEvaluationId(text);
    if (parsed) expect(formatEvaluationId(parsed)).toBe(text);
  });

  property([key, key])('different keys have different ids', (one, other) => {
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
    ' app-1~0123abcd~passive_check~1',
    'app-1~0123abcd~passive_check~01',
    'app-1~0123abcd~passive_check~1000000',
    'app-1~0123abc~passive_check~1',
    'app-1~0123abcde~passive_check~1',
    'app-1~0123ABCD~passive_check~1',
    `${'a'.repeat(65)}~0123abcd~passive_check~1`,
  ])('is not found in %j', (foreign) => {
    expect(parseEvaluationId(foreign)).toBeUndefined();
  });
});

describe('applicationId', () => {
  property([fc.string()])('takes exactly what its alphabet allows', (text) => {
    expect(applicationId.safeParse(text).success).toBe(
      /^[A-Za-z0-9_-]{1,64}$/.test(text) && !text.includes('\n'),
    );
  });
});

describe('the application of a workflow', () => {
  const longest = 'a'.repeat(64);

  test.each([
    ['funnel-app-1042', 'app-1042'],
    [`funnel-${longest}`, longest],
    ['images-app-1~0123abcd~document_verification~1', 'app-1'],
    ['notices-images-app-1~0123abcd~document_verification~1', 'app-1'],
    ['notices-app-1-0123abcd-89abcdef', 'app-1'],
  ])('%s belongs to %s', (workflowId, application) => {
    expect(applicationIdOf(workflowId)).toBe(application);
  });

  test.each([
    'app-1042',
    'funnel-',
    'funnel-jane doe',
    `funnel-${longest}a`,
    'my-funnel-app-1',
    'funnel-app-1~more',
    'images-app-1',
    `images-${longest}a~0123abcd~passive_check~1`,
    'old-images-app-1~0123abcd~passive_check~1',
    'images-~0123abcd~passive_check~1',
    'notices-app-1',
    'notices-app-1-0123abcd',
    'notices-app-1-0123abcd-89abcdef0',
    'notices-app-1-0123abcd-89ABCDEF',
    'notices-app-1-0123abcg-89abcdef',
    'old-notices-app-1-0123abcd-89abcdef',
    'notices--0123abcd-89abcdef',
  ])('%s belongs to none', (workflowId) => {
    expect(applicationIdOf(workflowId)).toBeUndefined();
  });

  property([fc.stringMatching(/^[A-Za-z0-9_-]{1,64}$/)])('is found in its own workflow id', (application) => {
    expect(applicationIdOf(workflowIdOf(application))).toBe(application);
  });
});
