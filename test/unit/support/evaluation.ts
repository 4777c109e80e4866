import type { Evaluation } from '../../../src/contract/index.ts';

/** A completed evaluation that RiskOS accepted, and its documents with it. */
export function evaluation(more: Partial<Evaluation> = {}): Evaluation {
  return {
    evaluationId: 'app-1042~0a1b2c3d~document_verification~1',
    evalId: 'eval-1',
    state: 'completed',
    failed: false,
    decision: 'ACCEPT',
    decidedAt: '2030-01-01T00:00:00.000Z',
    documentResult: 'accepted',
    referenceId: 'reference-1',
    reasonCodes: [],
    advice: [],
    risk: false,
    failedSteps: [],
    technical: false,
    tags: [],
    reviewQueues: [],
    ...more,
  };
}
