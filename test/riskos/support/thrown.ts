import { RiskosError } from '../../../src/riskos/errors.ts';

/** The RiskosError that it throws. */
export function thrownBy(work: () => unknown): RiskosError {
  try {
    work();
  } catch (error) {
    if (error instanceof RiskosError) return error;
    throw error;
  }
  throw new Error('it did not throw');
}
