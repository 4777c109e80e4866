import type { FunnelStatus } from '../../../src/client/index.ts';

/** A status without times and ids. */
export function comparable(status: FunnelStatus) {
  const { stage, attempt, waitingFor, nextAction, baseline, outcome, attention, trouble } = status;
  return {
    stage,
    attempt,
    waitingFor,
    nextAction: nextAction.kind,
    verdicts: status.verdicts.map((one) => [one.stage, one.attempt, one.verdict, one.flags]),
    images: status.images.map(({ result, count }) => [result, count]),
    baseline,
    outcome,
    attention,
    trouble: trouble !== null,
  };
}

/** The same without the one flag that a contradicting event may add. */
export function withoutContradictions(status: FunnelStatus): FunnelStatus {
  const verdicts = status.verdicts.map((record) => ({
    ...record,
    flags: record.flags.filter((flag) => flag !== 'contradicted_later'),
  }));
  return { ...status, verdicts };
}
