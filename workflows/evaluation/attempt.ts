import {
  type Checking,
  type Evaluation,
  type FunnelState,
  inWords,
  type Reading,
} from '../../src/contract/index.ts';
import { note } from '../timeline.ts';
import { endTimers, hasFired } from '../timers.ts';
import { judge } from './judge.ts';
import type { Judgement } from './judgement.ts';
import { post, unidentified } from './post.ts';
import { isReadSinceDeadline, isSuperseded, type Reader, readNext } from './read.ts';
import { type Result, stopped } from './result.ts';
import { settle } from './settle.ts';

const keptGivenUp = 5;

/** Runs or resumes one attempt, from its POST to a verdict, its deadline, or a stop for attention. */
export async function evaluate(state: FunnelState, position: Checking): Promise<Result> {
  for (;;) {
    const { attempt } = position;
    if (attempt.kind === 'posting') {
      const stop = await post(state, position, attempt);
      if (stop) return stop;
      continue;
    }
    const { latest } = attempt;
    if (latest?.state === 'completed') {
      const judgement = judgementOf(state, position, latest);
      if (judgement.verdict !== 'accept' && (await isSuperseded(state, position))) continue;
      return settle(state, position, { ...attempt, latest }, judgement);
    }
    if (latest?.failed) return stopped({ kind: 'execution_failed' });
    if (hasFired(state, 'deadline') && isReadSinceDeadline(attempt)) return expire(state, position, attempt);
    const stop = await readNext(state, position, attempt, untilCompleted);
    if (stop) return stop;
    if (attempt.known.length === 0) position.attempt = unidentified(state, attempt);
  }
}

const untilCompleted: Reader = {
  hasDeadline: true,
  interrupted: () => false,
  isEnd: () => true,
};

function judgementOf(state: FunnelState, { stage }: Checking, evaluation: Evaluation): Judgement {
  const { baseline, application } = state;
  return judge(evaluation, { stage, baseline, policy: application.policy, byReviewer: false });
}

function expire(state: FunnelState, position: Checking, attempt: Reading): Result {
  if (attempt.latest?.state === 'in_progress') return stopped({ kind: 'riskos_late' });
  const { evaluationId, number, known } = attempt;
  note(state, 'deadline', `${inWords(position.stage)}, attempt ${number}: deadline passed`);
  const evalIds = known.map(({ evalId }) => evalId);
  position.givenUp = [...position.givenUp, { evaluationId, number, evalIds }].slice(-keptGivenUp);
  endTimers(state);
  return { kind: 'expired' };
}
