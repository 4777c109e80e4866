import type { Evaluation } from '../../../src/contract/index.ts';
import { type FunnelByHand, openByHand } from '../by-hand.ts';
import { sandbox } from '../shared-sandbox.ts';
import { applicationId, at, decided } from './row.ts';

/** A funnel that goes on from a state, under a policy. */
export function open(carried: object, policy: object = {}): FunnelByHand {
  const application = { applicationId, candidate: { givenName: 'Robin' }, useCase: 'passive', policy };
  return openByHand(sandbox, { applicationId, carried: { ...carried, application } }, { at });
}

/** RiskOS accepts the documents, and names what a selfie can be compared with. */
export function accepted(evaluationId: string, more: Partial<Evaluation> = {}): Evaluation {
  return decided(evaluationId, 'ACCEPT', {
    documentResult: 'accepted',
    referenceId: 'reference-1',
    ...more,
  });
}
