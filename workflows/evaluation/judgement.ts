import type { Advice, Flag, Verdict } from '../../src/contract/index.ts';

/** What the funnel makes of a completed evaluation. */
export interface Judgement {
  verdict: Verdict;
  flags: Flag[];
  /** The rule of the policy that changed RiskOS's decision. */
  rule?: string;
  /** Advice for the candidate's next attempt. */
  advice: Advice[];
}
