import type { AttentionCause, Decidable } from '../../src/contract/index.ts';
import type { Judgement } from './judgement.ts';

/** How an attempt ended. */
export type Result = Judged | Expired | Stopped;

/** RiskOS completed the evaluation, or a person decided it. */
export interface Judged extends Judgement {
  kind: 'judged';
  attempt: Decidable;
}

/** The candidate did not do their part in time. */
interface Expired {
  kind: 'expired';
}

/** A person has to look. */
export interface Stopped {
  kind: 'stopped';
  cause: AttentionCause;
}

export function stopped(cause: AttentionCause): Stopped {
  return { kind: 'stopped', cause };
}
