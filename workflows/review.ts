import type { Evaluation, Flag, FunnelState, Review, Verdict } from '../src/contract/index.ts';
import { endsReview, judge, isDecidedAnew } from './evaluation/judge.ts';
import type { Judgement } from './evaluation/judgement.ts';
import { readNext } from './evaluation/read.ts';
import type { Judged } from './evaluation/result.ts';
import { settle } from './evaluation/settle.ts';

/** Waits until a person decides: in RiskOS, whose decision changes then, or by HR's update `review`. */
export async function reviewed(state: FunnelState, position: Review): Promise<Judged> {
  const { of } = position;
  const { attempt } = of;
  for (;;) {
    const judgement = judgeAgain(state, position, attempt.latest);
    const isDecided = endsReview(attempt.latest, judgement.verdict, position.settled);
    if (position.request) {
      const { verdict } = position.request;
      const flags = flagsOfHr(verdict, judgement, isDecided);
      return settle(state, of, attempt, { verdict, flags, advice: attempt.latest.advice });
    }
    if (isDecided) return settle(state, of, attempt, judgement);
    await readNext(state, of, attempt, {
      hasDeadline: false,
      interrupted: () => position.request !== null,
      isEnd: (read) => endsReview(read, judgeAgain(state, position, read).verdict, position.settled),
    });
  }
}

function judgeAgain(state: FunnelState, { of, settled }: Review, evaluation: Evaluation): Judgement {
  const { baseline, application } = state;
  const byReviewer = isDecidedAnew(evaluation, settled);
  return judge(evaluation, { stage: of.stage, baseline, policy: application.policy, byReviewer });
}

/** HR's decision counts even if a reviewer has decided otherwise in RiskOS in the meantime. */
function flagsOfHr(verdict: Verdict, { verdict: riskos }: Judgement, isDecided: boolean): Flag[] {
  return isDecided && riskos !== verdict ? ['decided_by_hr', 'contradicted_later'] : ['decided_by_hr'];
}
