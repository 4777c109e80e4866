import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  parseRiskosFailure,
  type Processed,
  processedWords,
  type RiskosFailureType,
  riskosFailureTypes,
  type RiskosTrouble,
} from '../../src/contract/index.ts';
import { property } from '../support/property.ts';

const trouble: RiskosTrouble = {
  reason: 'EncodedAnswer',
  action: 'check the base URL',
  fields: ['candidate.email'],
  retryAfter: 1500,
  evalId: 'eval-1',
  processed: 'perhaps',
};

/** What a history says that was written before failures had the word. */
const before: Record<RiskosFailureType, Processed> = {
  RiskosNotProcessed: 'no',
  RiskosAmbiguous: 'perhaps',
  RiskosRefused: 'no',
  RiskosUnknownEvaluation: 'no',
  RiskosForeignEvaluation: 'no',
  RiskosUnavailable: 'no',
  ResetRunGone: 'perhaps',
};

describe('the failure of an activity that calls RiskOS', () => {
  it.each(riskosFailureTypes.flatMap((type) => processedWords.map((processed) => ({ type, processed }))))(
    'is read as it was written: $type, processed: $processed',
    ({ type, processed }) => {
      expect(parseRiskosFailure(type, { ...trouble, processed })).toEqual({ type, ...trouble, processed });
    },
  );

  it.each(riskosFailureTypes)('of an older release means what it meant: %s', (type) => {
    const { processed: _, ...older } = trouble;
    expect(parseRiskosFailure(type, older)).toEqual({ type, ...older, processed: before[type] });
  });

  it('is perhaps processed when nothing is known about it', () => {
    const unknown = { type: 'RiskosAmbiguous', processed: 'perhaps', evalId: null, retryAfter: null };
    for (const type of [undefined, null, 'TypeError', 'toString', 7]) {
      expect(parseRiskosFailure(type, trouble)).toMatchObject(unknown);
    }
  });

  it('is perhaps processed when a newer release has another word for it', () => {
    const newer = { ...trouble, reason: 'MoonPhase', processed: 'twice', more: 1 };
    expect(parseRiskosFailure('RiskosRefused', newer)).toEqual({
      ...trouble,
      type: 'RiskosRefused',
      reason: 'Unexpected',
      processed: 'perhaps',
    });
  });

  it.each([['nonsense'], [null], [[]], [7]])('keeps its type when its details are %j', (details) => {
    expect(parseRiskosFailure('RiskosRefused', details)).toMatchObject({
      type: 'RiskosRefused',
      processed: 'no',
      evalId: null,
      retryAfter: null,
      fields: [],
    });
  });

  it('has nothing to do or to correct when nobody answered', () => {
    expect(parseRiskosFailure(undefined, undefined)).toEqual({
      type: 'RiskosAmbiguous',
      reason: 'no answer',
      action: '',
      fields: [],
      retryAfter: null,
      evalId: null,
      processed: 'perhaps',
    });
  });

  property([fc.anything(), fc.anything()])('is read, whatever it holds', (type, details) => {
    const failure = parseRiskosFailure(type, details);
    expect(riskosFailureTypes).toContain(failure.type);
    expect(processedWords).toContain(failure.processed);
  });
});
