import type { EvaluatedStage, Policy } from '../src/contract/index.ts';

/** How many attempts the candidate has in a stage. */
export function maxAttempts(policy: Policy, stage: EvaluatedStage): number {
  switch (stage) {
    case 'document_verification':
      return policy.documents.maxAttempts;
    case 'selfie_reverification':
      return policy.reverification.maxAttempts;
    case 'passive_check':
    case 'payroll_setup':
      return 1;
  }
}
