import {
  type Checking,
  type Decidable,
  type Flag,
  type FunnelState,
  inWords,
  type Verdict,
  type VerdictRecord,
} from '../../src/contract/index.ts';
import { iso, now } from '../clock.ts';
import { announce } from '../notices.ts';
import { note } from '../timeline.ts';
import { endTimers } from './deadline.ts';
import type { Judged } from './result.ts';

const keptVerdicts = 100;
const keptSettled = 20;

/** Records the verdict on an attempt. */
export function settle(
  state: FunnelState,
  position: Checking,
  attempt: Decidable,
  { verdict, flags }: { verdict: Verdict; flags: Flag[] },
): Judged {
  const { latest: evaluation } = attempt;
  const record: VerdictRecord = {
    stage: position.stage,
    attempt: attempt.number,
    verdict,
    flags,
    evaluationId: attempt.evaluationId,
    evalId: evaluation.evalId,
    at: iso(now()),
  };
  state.verdicts = [...state.verdicts, record].slice(-keptVerdicts);
  state.notices.verdicts.push(record);
  announce(state, 'verdict');
  note(
    state,
    'verdict',
    `${inWords(position.stage)}, attempt ${attempt.number}: ${[verdict, ...flags.map(inWords)].join(', ')}`,
  );
  remember(state, attempt);
  endTimers(state);
  return { kind: 'judged', verdict, flags, attempt };
}

/** A decision that changes later is noticed only of what is remembered here. */
function remember(state: FunnelState, { evaluationId, known, latest }: Decidable): void {
  const { decision, evalId } = latest;
  const earlier = state.settled.find((one) => one.evaluationId === evaluationId);
  const evalIds = [evalId, ...known.map((one) => one.evalId)];
  const decisions = [...(earlier?.decisions ?? []), ...(decision === undefined ? [] : [decision])];
  const others = state.settled.filter((one) => one !== earlier);
  state.settled = [...others, { evaluationId, evalIds: [...new Set(evalIds)], decisions }].slice(
    -keptSettled,
  );
}
