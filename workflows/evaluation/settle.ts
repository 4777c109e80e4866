import {
  type Audit,
  type Checking,
  type Decidable,
  type Evaluation,
  type FunnelState,
  inWords,
  milliseconds,
  type VerdictRecord,
} from '../../src/contract/index.ts';
import { iso, now } from '../clock.ts';
import { countVerdict } from '../metrics.ts';
import { announce } from '../notices.ts';
import { note } from '../timeline.ts';
import { endTimers } from '../timers.ts';
import { deadlineRule } from './deadline.ts';
import type { Judgement } from './judgement.ts';
import type { Judged } from './result.ts';

const keptVerdicts = 100;
const keptSettled = 20;

/** Records the verdict on an attempt. */
export function settle(
  state: FunnelState,
  position: Checking,
  attempt: Decidable,
  judgement: Judgement,
): Judged {
  const { latest: evaluation } = attempt;
  const { verdict, flags, rule } = judgement;
  const record: VerdictRecord = {
    stage: position.stage,
    attempt: attempt.number,
    verdict,
    flags,
    reasonCodes: evaluation.reasonCodes,
    evaluationId: attempt.evaluationId,
    evalId: evaluation.evalId,
    at: iso(now()),
    ...(rule === undefined ? {} : { rule }),
    audit: auditOf(evaluation),
  };
  state.verdicts = [...state.verdicts, record].slice(-keptVerdicts);
  state.notices.verdicts.push(record);
  countVerdict(position.stage, verdict, secondsSincePost(state, position, attempt));
  announce(state, 'verdict');
  note(
    state,
    'verdict',
    `${inWords(position.stage)}, attempt ${attempt.number}: ${[verdict, ...flags.map(inWords)].join(', ')}`,
    { evaluationId: attempt.evaluationId },
  );
  remember(state, attempt);
  endTimers(state);
  return { kind: 'judged', ...judgement, attempt };
}

/** An attempt's deadline begins with the answer of its POST. */
function secondsSincePost(state: FunnelState, { stage }: Checking, { deadline }: Decidable): number {
  const begun = deadline.at - milliseconds(deadlineRule(state, stage).deadline);
  return (now() - begun) / 1000;
}

function auditOf(evaluation: Evaluation): Audit {
  const { failedSteps, tags, reviewQueues } = evaluation;
  const { decision, unknownDecision, decidedAt, moduleDecision, digitalIntelligenceDecision } = evaluation;
  const { documentType, documentCountry, documentState, score, workflow, evalSource } = evaluation;
  const optional = {
    decision,
    unknownDecision,
    decidedAt,
    moduleDecision,
    digitalIntelligenceDecision,
    documentType,
    documentCountry,
    documentState,
    score,
    workflow,
    evalSource,
  };
  const given = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined));
  return { failedSteps, tags, reviewQueues, ...given };
}

/** Only evaluations that are remembered here are checked for later changes of the decision. */
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
