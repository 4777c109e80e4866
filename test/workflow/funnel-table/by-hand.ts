import { refusals, riskosEventSignal, type UpdateName } from '../../../src/contract/index.ts';
import type { Scenario } from '../../../src/emulator/index.ts';
import { type FunnelByHand, openByHand } from '../../simulation/by-hand.ts';
import { at, timers } from '../../simulation/carried/row.ts';
import { sandbox } from '../../simulation/shared-sandbox.ts';
import { exampleApplication } from '../../support/application.ts';
import { endingScenarios, nameOf } from './ends.ts';
import { clockSight, type Refused, type Sight } from './observe.ts';
import type { Subject, Theatre } from './play.ts';
import { scenarios } from './plays.ts';
import { baseline, hasPassed, soon, type Way, wayTo, wayToVerdict } from './reach.ts';
import { createRiskos, type Riskos } from './riskos.ts';
import { messages, placesOf } from './send.ts';
import type { EvaluatedStage, State } from './states.ts';
import { clockRows } from './table.ts';
import type { Ending } from './verdicts.ts';
import { to, type Word } from './words.ts';

const all: Record<string, Scenario> = { ...scenarios, ...endingScenarios };

/** Funnels in the simulation's sandbox: every answer of RiskOS and every timer is brought by hand, and nobody waits. */
export const byHand: Theatre = {
  stand: async (state, stage) => subjectAt(state, stage),
  clock: async (state, stage) => clock(state, stage),
};

/** A funnel, and the RiskOS that answers it. */
interface Played {
  funnel: FunnelByHand;
  riskos: Riskos;
}

function setOut({ scenario, policy, baseline: begins, ask }: Way): Played {
  const application = exampleApplication('app-1042', { policy, ...(begins ? { baseline } : {}) });
  const funnel = openByHand(sandbox, { application }, { at });
  const riskos = createRiskos(all[scenario] ?? {});
  const played = { funnel, riskos };
  riskos.answer(funnel);
  if (ask !== undefined) send(played, ask);
  return played;
}

/** Drives it on where it waits for its own back-off. */
function reach(way: Way): Played {
  const played = setOut(way);
  const { funnel, riskos } = played;
  while (!way.arrived(funnel.status())) {
    funnel.fire(timers.post);
    riskos.answer(funnel);
  }
  return played;
}

/** The answer of an update, once what it asked of RiskOS is answered. */
function send(
  { funnel, riskos }: Played,
  name: UpdateName,
  message: unknown = messages[name],
): Sight['status'] | Refused {
  const answer = funnel.update(name, message);
  const status = funnel.status();
  riskos.answer(funnel);
  const final = answer ?? funnel.answers().at(-1);
  if (final === undefined) throw new Error(`${name} was not answered`);
  if ('refused' in final) return refusalOf(final.refused);
  return answer ? status : funnel.status();
}

function refusalOf(text: string): Refused {
  const type = refusals.find((known) => text.startsWith(`${known}: `));
  if (!type) throw new Error(text);
  return { type, message: text };
}

function look({ funnel }: Played): Sight {
  return {
    status: funnel.status(),
    timeline: funnel.timeline().map(({ what }) => what),
    length: funnel.traces(),
    calls: {
      createEvaluation: funnel.asked('createEvaluation'),
      readEvaluation: funnel.asked('readEvaluation'),
      patchEvaluation: funnel.asked('patchEvaluation'),
    },
  };
}

function subjectAt(state: State, stage: EvaluatedStage): Subject {
  const played = reach(wayTo(state, stage));
  const { funnel, riskos } = played;
  const mine = riskos.evaluations().map(({ evaluationId, evalId }) => ({ id: evaluationId, evalId }));
  return {
    ...placesOf(mine, state),
    look: async () => look(played),
    update: async (name) => send(played, name),
    async signal(events) {
      for (const event of events) funnel.signal(riskosEventSignal, event);
      riskos.answer(funnel);
      return true;
    },
    async cancel() {
      funnel.cancel();
      riskos.answer(funnel);
      if (!funnel.hasEnded()) throw new Error('it did not close');
      return true;
    },
    contradict: async ({ evalId }) => riskos.decide(evalId, 'ACCEPT'),
  };
}

function clock(state: State, stage: EvaluatedStage): { reminder: Word; deadline: Word } {
  const way = wayTo(state, stage);
  if (clockRows.deadline[state] === 'none') {
    const { deadline } = reach(way).funnel.status();
    return { reminder: 'none', deadline: deadline === null ? 'none' : 'noted' };
  }
  const { funnel, riskos } = reach({ ...way, policy: { ...way.policy, ...soon(state) } });
  const lines = () => funnel.timeline().map(({ what }) => what);
  while (!hasPassed(state, funnel.status().stage, lines())) {
    const next = [timers.deadline, timers.patience, timers.reverify].find(
      (name) => funnel.timer(name) !== undefined,
    );
    funnel.fire(next ?? timers.deadline);
    riskos.answer(funnel);
  }
  return clockSight(lines(), funnel.status().stage);
}

/** What the end of the first evaluation of that stage leads to. */
export function afterEnding(stage: EvaluatedStage, ending: Ending | 'deadline', policy: Way['policy']): Word {
  const played = setOut(wayToVerdict(stage, nameOf(stage, ending), policy));
  const { funnel, riskos } = played;
  const isOver = () =>
    ending !== 'deadline' ||
    funnel.timeline().some(({ what }) => what.endsWith('attempt 1: deadline passed'));
  while (!isOver()) {
    funnel.fire(timers.deadline);
    riskos.answer(funnel);
  }
  return wordAt(played, stage);
}

/** What HR's decision on an evaluation of that stage leads to. */
export function afterReviewBy(stage: EvaluatedStage, verdict: 'accept' | 'reject' | 'resubmit'): Word {
  const policy = stage === 'passive_check' ? ({ passive: { onReview: 'review' } } as const) : {};
  const played = setOut(wayToVerdict(stage, nameOf(stage, 'review'), policy));
  send(played, 'review', { verdict, by: 'reviewer-7', reason: 'looked at it' });
  return wordAt(played, stage);
}

/** The stage that a funnel has come to, or that it tries again. */
function wordAt({ funnel }: Played, stage: EvaluatedStage): Word {
  const { stage: after, attempt } = funnel.status();
  if (after !== stage) return to(after);
  return attempt === 2 ? 'again' : 'ignored';
}
