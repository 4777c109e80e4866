import { type Random, randomOf } from '../../hazards/random.ts';
import type { Plan } from '../plan.ts';
import type { Agenda } from '../server/agenda.ts';
import type { UpdateAnswer } from '../server/execution.ts';
import { invalidUpdates, type Status, steppingUp, type Update, updates } from './contract.ts';
import { type Riskos, rightCode } from './riskos.ts';

interface PeopleOptions {
  agenda: Agenda;
  plan: Plan;
  random: Random;
  riskos: Riskos;
  send: (update: Update, answer: (answer: UpdateAnswer) => void) => void;
  cancel(): void;
}

export interface People {
  /** What the funnel shows now: whoever has to act on it does so after a while. */
  look(status: Status): void;
}

/** HR, an operator and RiskOS's reviewer, who know what the funnel shows and nothing else. */
export function createPeople(options: PeopleOptions): People {
  const { agenda, plan, random } = options;
  const doubles = randomOf(plan.seed, 'doubled updates');
  let shown: Status | null = null;
  let busy = false;
  let visit = 0;
  let reviewed = '';

  /** What somebody does now, and how long they take. */
  const due = (status: Status): { after: number; update: Update } | undefined => {
    const after = random.between(1, plan.person);
    switch (status.nextAction.kind) {
      case 'request_documents':
        return plan.requestsDocuments ? { after, update: updates.requestDocuments() } : undefined;
      case 'enter_one_time_code': {
        if (!plan.answers) return undefined;
        const code = random.chance(0.75) ? rightCode : '000000';
        return {
          after,
          update: random.chance(0.9) ? updates.submitOneTimeCode(code) : updates.resendOneTimeCode(),
        };
      }
      case 'provide_information':
        return plan.answers ? { after, update: updates.provideInformation() } : undefined;
      case 'needs_attention':
        return {
          after: random.between(1, 10) * plan.person,
          update: random.chance(0.7) ? updates.retry() : updates.correct(),
        };
      case 'review':
        return reviewOf(status);
      case 'none':
        return status.stage === 'verified' ? visitOf(after) : undefined;
      case 'show_capture_link':
      case 'open_hosted_flow':
      case 'wait':
        return undefined;
    }
  };

  const reviewOf = (status: Status) => {
    const attempt = [...options.riskos.attempts.values()].findLast(
      ({ key }) => key.attempt === status.attempt && status.verdicts.at(-1)?.stage === key.stage,
    );
    if (!attempt) return undefined;
    const { reviewer } = attempt.plan;
    if (reviewer.by === 'hr') return { after: reviewer.after, update: updates.review(reviewer.verdict) };
    if (reviewed === attempt.evaluationId) {
      // What RiskOS's reviewer said may not end it; then HR has the last word.
      return { after: 8 * plan.policy.longest, update: updates.review('reject') };
    }
    reviewed = attempt.evaluationId;
    agenda.after(reviewer.after, () => {
      if (shown?.stage === 'review') options.riskos.review(attempt, reviewer.decision);
      act();
    });
    return undefined;
  };

  const visitOf = (after: number): { after: number; update: Update } | undefined => {
    const wish = plan.visits[visit];
    if (wish === undefined || wish === 'rest') return undefined;
    if (wish === 'periodic') {
      // Without a baseline none comes.
      if (shown?.baseline === true) return undefined;
      visit += 1;
      return visitOf(after);
    }
    return { after, update: updates[wish]() };
  };

  const act = (): void => {
    if (busy || !shown) return;
    const next = due(shown);
    if (!next) return;
    busy = true;
    const before = keyOf(shown);
    agenda.after(next.after, () => {
      if (!shown || keyOf(shown) !== before) {
        busy = false;
        act();
        return;
      }
      // Somebody clicks twice.
      if (next.update.name in steppingUp && doubles.chance(0.2))
        agenda.after(doubles.between(0, 2000), () => options.send(next.update, () => {}));
      options.send(next.update, (answer) => {
        busy = false;
        const isWish = next.update.name === plan.visits[visit];
        if (isWish && (answer.kind === 'completed' || isNoBaseline(answer))) visit += 1;
        // The next look is at what came of it, or the same thing is tried again later.
        agenda.after(random.between(1, plan.person), act);
      });
    });
  };

  for (const at of plan.heckles) {
    agenda.after(at, () => options.send(heckle(random), () => {}));
  }
  if (plan.leaves) {
    const { how, at } = plan.leaves;
    agenda.after(at, () => (how === 'cancel' ? options.cancel() : leave(options)));
  }

  return {
    look(status) {
      const changed = !shown || keyOf(shown) !== keyOf(status);
      const began = status.stage === 'selfie_reverification' && shown?.stage === 'verified';
      if (began && plan.visits[visit] === 'periodic') visit += 1;
      shown = status;
      if (changed) act();
    },
  };
}

/** A withdrawal is sent again until it is answered for good. */
function leave({ agenda, send }: PeopleOptions): void {
  const again = () =>
    send(updates.withdraw(), (answer) => {
      if (answer.kind === 'aborted') agenda.after(1000, again);
    });
  again();
}

function isNoBaseline(answer: UpdateAnswer): boolean {
  return answer.kind === 'refused' && answer.type === 'NoBaseline';
}

function keyOf({ stage, attempt, nextAction, verdicts }: Status): string {
  return `${stage} ${attempt} ${nextAction.kind} ${verdicts.length}`;
}

/** An update that nobody has a reason for: refused, or taken as if somebody had one. */
function heckle(random: Random): Update {
  if (random.chance(0.4)) return random.pick(invalidUpdates);
  return random.pick([
    updates.requestDocuments(),
    updates.requestReverification(),
    updates.requestPayrollSetup(),
    updates.submitOneTimeCode('135791'),
    updates.resendOneTimeCode(),
    updates.provideInformation(),
    updates.review(random.pick(['accept', 'reject', 'resubmit'])),
    updates.correct(),
    updates.retry(),
    updates.complete(),
  ]);
}
