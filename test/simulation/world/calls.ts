import { type Random, randomOf } from '../../hazards/random.ts';
import type { Plan } from '../plan.ts';
import type { Agenda } from '../server/agenda.ts';
import type { ActivityCall, ActivityOutcome } from '../server/execution.ts';
import {
  answered,
  applicationFailure,
  type Call,
  callOf,
  failed,
  type ImagesAsk,
  type ImagesFound,
  type Notice,
} from './contract.ts';
import type { Record, Riskos } from './riskos.ts';

type End = (outcome: ActivityOutcome) => void;

export interface Calls {
  /** One attempt of an activity. */
  perform(call: ActivityCall, end: End): void;
  /** Notices as HR got them, in order, doubles included. */
  notices: Notice[];
  /** How often images were stored and deleted, by evaluationId. */
  archived: Map<string, number>;
  deleted: Map<string, number>;
}

interface CallsOptions {
  agenda: Agenda;
  plan: Plan;
  riskos: Riskos;
  startedAt: number;
}

/** The longest that a call is made to take, in milliseconds; the funnel gives one up after 65 s. */
const longestCall = 62_000;

/** A worker's activities over the model of RiskOS, with everything that can go wrong between the two. */
export function createCalls({ agenda, plan, riskos, startedAt }: CallsOptions): Calls {
  const { rates, seed, noticesConfigured } = plan;
  const counts = new Map<string, number>();
  const notices: Notice[] = [];
  const archived = new Map<string, number>();
  const deleted = new Map<string, number>();

  /** Numbers of this call alone, and how many of its kind came before. */
  const streamOf = (kind: string, id: string): { random: Random; nth: number } => {
    const key = `${kind} ${id}`;
    const nth = (counts.get(key) ?? 0) + 1;
    counts.set(key, nth);
    return { random: randomOf(seed, kind, id, String(nth)), nth };
  };
  const isIn = (times: { from: number; to: number }[]) =>
    times.some(({ from, to }) => agenda.now() - startedAt >= from && agenda.now() - startedAt < to);
  const isDown = () => isIn(plan.outages);
  const durationOf = (random: Random) =>
    random.chance(rates.callIsSlow) ? random.between(2000, longestCall) : random.between(20, 300);

  const create = ({ ask }: Extract<Call, { kind: 'create' }>, end: End): void => {
    const { random, nth } = streamOf('create', ask.evaluationId);
    const duration = durationOf(random);
    const processedAt = random.between(1, duration - 1);
    const retryAfter = random.chance(0.2)
      ? null
      : Math.min(1000 * 4 ** Math.min(ask.tries - 1, 10), 3_600_000);
    const process = (): Record => riskos.begin(ask.evaluationId, ask.baseline?.referenceId ?? null);
    const after = (outcome: ActivityOutcome) => agenda.after(duration, () => end(outcome));
    if (isDown()) {
      after(random.chance(0.9) ? failed('not_processed', { retryAfter }) : failed('ambiguous'));
      return;
    }
    const fault =
      nth <= 7 && random.chance(rates.callFails)
        ? random.pick([
            'not_processed',
            'lost',
            'lost',
            'lost',
            'ambiguous',
            'refused',
            'died',
            'died',
            'died_after',
            'told',
          ])
        : 'none';
    switch (fault) {
      case 'not_processed':
        return void after(failed('not_processed', { retryAfter }));
      case 'ambiguous':
        return void after(failed('ambiguous'));
      case 'refused':
        return void after(failed('refused'));
      case 'died':
        return void after({ kind: 'died' });
      case 'lost':
        agenda.after(processedAt, process);
        return void after(failed('ambiguous'));
      case 'died_after':
        agenda.after(processedAt, process);
        return void after({ kind: 'died' });
      case 'told':
        agenda.after(processedAt, () => {
          const record = process();
          record.answered = true;
          agenda.after(duration - processedAt, () => end(failed('ambiguous', { evalId: record.evalId })));
        });
        return;
      default:
        agenda.after(processedAt, () => {
          const record = process();
          record.answered = true;
          const evaluation = riskos.snapshot(record);
          agenda.after(duration - processedAt, () => end(answered(evaluation, noticesConfigured)));
        });
    }
  };

  const read = ({ evaluationId, evalId }: Extract<Call, { kind: 'read' }>, end: End): void => {
    const { random, nth } = streamOf('read', evalId);
    const duration = durationOf(random);
    const after = (outcome: ActivityOutcome) => void agenda.after(duration, () => end(outcome));
    if (isDown()) return after(failed('unavailable'));
    const record = riskos.find(evalId);
    if (!record || record.attempt.plan.forgotten || isIn(plan.blanks)) return after(failed('unknown'));
    if (record.attempt.evaluationId !== evaluationId) return after(failed('foreign'));
    if (nth <= 40 && random.chance(rates.callFails)) {
      const fault = random.pick([
        'unavailable' as const,
        'unavailable' as const,
        'died' as const,
        nth <= 2 ? ('unknown' as const) : ('died' as const),
        'refused' as const,
        'stuck' as const,
      ]);
      if (fault === 'died') return after({ kind: 'died' });
      // The funnel's own time-out ends it.
      if (fault === 'stuck') return;
      return after(failed(fault));
    }
    const seenAt = random.between(1, duration - 1);
    agenda.after(seenAt, () => {
      const evaluation = riskos.snapshot(record);
      agenda.after(duration - seenAt, () => end(answered(evaluation, noticesConfigured)));
    });
  };

  const patch = ({ evalId, given, code }: Extract<Call, { kind: 'patch' }>, end: End): void => {
    const { random } = streamOf('patch', evalId);
    const duration = durationOf(random);
    const record = riskos.find(evalId);
    const fault = random.chance(rates.callFails)
      ? random.pick(['lost', 'ambiguous', 'died', 'refused'])
      : 'none';
    agenda.after(duration, () => {
      if (!record || isDown()) return end(failed('ambiguous'));
      if (fault === 'died') return end({ kind: 'died' });
      if (fault === 'ambiguous' || fault === 'refused') return end(failed(fault));
      const taken = riskos.stepUp(record, given, code);
      if (taken === 'refused') return end(failed('refused'));
      end(fault === 'lost' ? failed('ambiguous') : answered(riskos.snapshot(record), noticesConfigured));
    });
  };

  const archive = (ask: ImagesAsk, end: End): void => {
    const { random, nth } = streamOf('archive', ask.evaluationId);
    const images = riskos.find(ask.evalId)?.attempt.plan.images;
    agenda.after(random.between(50, 5000), () => {
      if (nth <= 5 && random.chance(rates.callFails)) {
        return end(
          random.chance(0.5)
            ? { kind: 'died' }
            : { kind: 'failed', failure: applicationFailure('Error', false) },
        );
      }
      const answer = (found: ImagesFound): void => end({ kind: 'completed', value: found });
      const nothing = { count: 0, attachments: 0, noticesConfigured };
      if (images === 'refused') return answer({ ...nothing, result: 'refused', reason: 'damaged' });
      if (images === 'military') return answer({ ...nothing, result: 'military' });
      // Images lag the decision: the first asking can be too early.
      if (images === 'none' || (nth === 1 && random.chance(0.3)))
        return answer({ ...nothing, result: 'none' });
      archived.set(ask.evaluationId, (archived.get(ask.evaluationId) ?? 0) + 1);
      const archivedAt = new Date(agenda.now()).toISOString();
      answer({ result: 'archived', count: 3, attachments: 0, noticesConfigured, archivedAt });
    });
  };

  const notify = (notice: Notice, end: End): void => {
    const { random, nth } = streamOf('notify', notice.id);
    agenda.after(random.between(20, 3000), () => {
      const fails = nth <= 6 && random.chance(rates.noticeFails);
      // A receiver's answer can be lost, too: then the notice comes twice.
      if (noticesConfigured && (!fails || random.chance(0.5))) notices.push(notice);
      end(
        fails
          ? { kind: 'failed', failure: applicationFailure('Error', false) }
          : { kind: 'completed', value: null },
      );
    });
  };

  return {
    notices,
    archived,
    deleted,
    perform(activity, end) {
      const call = callOf(activity);
      switch (call.kind) {
        case 'create':
          return create(call, end);
        case 'read':
          return read(call, end);
        case 'patch':
          return patch(call, end);
        case 'archive':
          return archive(call.ask, end);
        case 'notify':
          return notify(call.notice, end);
        case 'delete':
          deleted.set(call.evaluationId, (deleted.get(call.evaluationId) ?? 0) + 1);
          return end({
            kind: 'completed',
            value: { removed: 3, verifiedAt: new Date(agenda.now()).toISOString(), noticesConfigured },
          });
      }
    },
  };
}
