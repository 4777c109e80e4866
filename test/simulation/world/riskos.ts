import type { Random } from '../../hazards/random.ts';
import type { EvaluationPlan, Plan, Step } from '../plan.ts';
import type { Agenda } from '../server/agenda.ts';
import { type EvaluatedStage, type Evaluation, type Key, keyOf } from './contract.ts';

/** RiskOS's record of one evaluation. */
export interface Record {
  evalId: string;
  attempt: Attempt;
  /** Where it stands in the plan's steps; as many as there are: completed. */
  step: number;
  /** When it came to its last step. */
  lastStepAt: number | null;
  decision: string | null;
  decidedAt: number | null;
  completedAt: number | null;
  /** The POST was answered with it, so the funnel knows it without an event. */
  answered: boolean;
  /** When the funnel learned of it, by an answer or an event. */
  knownAt: number | null;
  /** The reference that the request named. */
  comparedWith: string | null;
}

/** All evaluations of one request: a POST that was sent again makes another one. */
export interface Attempt {
  evaluationId: string;
  key: Key;
  plan: EvaluationPlan;
  records: Record[];
  completedAt: number | null;
  /** When the funnel says that the attempt ends; the last word counts. */
  deadline: number | null;
  /** The candidate, or RiskOS, is to finish it. */
  planned: boolean;
  /** A person has decided in RiskOS. */
  reviewedAt: number | null;
  contradictedAt: number | null;
  /** RiskOS's workflow has failed; `recovering` is what to do once it has recovered. */
  failed: boolean;
  recovering: (() => void)[];
}

export interface RiskosOptions {
  agenda: Agenda;
  plan: Plan;
  random: Random;
  /** A webhook. `prompt`: without it nobody could know of the evaluation, so it comes, and soon. */
  emit: (
    record: Record,
    eventType: string,
    more: { decision?: string; progress?: string; prompt?: boolean },
  ) => void;
}

export interface Riskos {
  attempts: Map<string, Attempt>;
  /** One POST that RiskOS processes. */
  begin(evaluationId: string, comparedWith: string | null): Record;
  find(evalId: string): Record | undefined;
  snapshot(record: Record): Evaluation;
  stepUp(record: Record, given: string, code: string): 'taken' | 'refused';
  /** The funnel has published when an attempt ends. */
  announce(key: Key, deadline: number): void;
  /** A person decides in RiskOS's dashboard. */
  review(attempt: Attempt, decision: string): void;
  /** Says something else of what was settled. */
  contradict(attempt: Attempt, decision: string): void;
  stateOf(record: Record): Evaluation['state'];
}

/** What the candidate enters. */
export const rightCode = '246810';

export function createRiskos({ agenda, plan, random, emit }: RiskosOptions): Riskos {
  const attempts = new Map<string, Attempt>();
  const records = new Map<string, Record>();

  const attemptOf = (evaluationId: string): Attempt => {
    const known = attempts.get(evaluationId);
    if (known) return known;
    const key = keyOf(evaluationId);
    const attempt: Attempt = {
      evaluationId,
      key,
      plan: plan.evaluation(key.stage, key.attempt),
      records: [],
      completedAt: null,
      deadline: null,
      planned: false,
      reviewedAt: null,
      contradictedAt: null,
      failed: false,
      recovering: [],
    };
    attempts.set(evaluationId, attempt);
    return attempt;
  };

  const complete = (record: Record): void => {
    const { attempt } = record;
    record.step = attempt.plan.steps.length;
    record.decision = attempt.plan.decision;
    record.decidedAt = agenda.now();
    record.completedAt = agenda.now();
    attempt.completedAt ??= agenda.now();
  };

  const finish = (attempt: Attempt): void => {
    if (attempt.completedAt !== null || attempt.plan.forgotten) return;
    if (attempt.failed) return void attempt.recovering.push(() => finish(attempt));
    if (attempt.plan.failure && isFollowed(attempt)) return;
    // Whoever was accepted in one attempt does not do another.
    if (isCaptured(attempt.key.stage) && [...attempts.values()].some((other) => supersedes(other, attempt)))
      return;
    const last = attempt.plan.steps.length - 1;
    const ready = attempt.records.filter(({ step }) => step === last);
    const known = ready.filter(({ answered }) => answered);
    // Late, only what the funnel knows can be read in time.
    const record = random.pick(attempt.plan.finish.kind === 'after' || known.length === 0 ? ready : known);
    complete(record);
    emit(record, 'evaluation_completed', { decision: attempt.plan.decision, prompt: !record.answered });
  };

  /** Another attempt was begun in its place. */
  const isFollowed = ({ key }: Attempt): boolean =>
    [...attempts.values()].some((other) => other.key.stage === key.stage && other.key.attempt > key.attempt);

  const fail = (attempt: Attempt, lasts: number | null): void => {
    if (attempt.completedAt !== null) return;
    attempt.failed = true;
    for (const record of attempt.records) emit(record, 'workflow_execution_failed', {});
    if (lasts !== null) agenda.after(lasts, () => recover(attempt));
  };

  const recover = (attempt: Attempt): void => {
    if (isFollowed(attempt)) return;
    attempt.failed = false;
    for (const goOn of attempt.recovering) goOn();
  };

  const arrive = (record: Record): void => {
    const { attempt } = record;
    const { steps, finish: how } = attempt.plan;
    const step = steps[record.step];
    if (step !== undefined && step !== 'in_progress')
      emit(record, 'evaluation_paused', { decision: 'REVIEW' });
    if (step === 'capture') emit(record, 'case_notes_added', { progress: 'capture_app_opened' });
    const { failure } = attempt.plan;
    const isFirst = attempt.records.every(({ lastStepAt }) => lastStepAt === null);
    if (record.step === steps.length - 1) {
      record.lastStepAt ??= agenda.now();
      if (failure && isFirst) agenda.after(failure.after, () => fail(attempt, failure.lasts));
    }
    if (record.step !== steps.length - 1 || attempt.planned) return;
    if (how.kind === 'after') {
      attempt.planned = true;
      agenda.after(how.ms, () => finish(attempt));
    } else if (attempt.deadline !== null) {
      planByDeadline(attempt, attempt.deadline);
    }
  };

  const planByDeadline = (attempt: Attempt, deadline: number): void => {
    const { steps, finish: how } = attempt.plan;
    if (how.kind !== 'at_deadline' || attempt.planned) return;
    if (!attempt.records.some(({ step }) => step === steps.length - 1)) return;
    attempt.planned = true;
    agenda.at(deadline + how.ms, () => finish(attempt));
  };

  return {
    attempts,
    begin(evaluationId, comparedWith) {
      const attempt = attemptOf(evaluationId);
      const record: Record = {
        evalId: `eval-${records.size + 1}`,
        attempt,
        step: 0,
        lastStepAt: null,
        decision: null,
        decidedAt: null,
        completedAt: null,
        answered: false,
        knownAt: null,
        comparedWith,
      };
      records.set(record.evalId, record);
      attempt.records.push(record);
      if (attempt.plan.steps.length === 0) complete(record);
      else arrive(record);
      return record;
    },
    find: (evalId) => records.get(evalId),
    snapshot: snapshotOf,
    stepUp(record, given, code) {
      const step = record.attempt.plan.steps[record.step];
      const fits =
        step === 'one_time_code'
          ? given === 'one_time_code' || given === 'resend_one_time_code'
          : step === 'more_information' && given === 'information';
      if (!fits) return 'refused';
      if (given === 'information' || (given === 'one_time_code' && code === rightCode)) {
        record.step += 1;
        arrive(record);
      }
      return 'taken';
    },
    announce(key, deadline) {
      for (const attempt of attempts.values()) {
        if (attempt.key.stage !== key.stage || attempt.key.attempt !== key.attempt) continue;
        attempt.deadline = deadline;
        planByDeadline(attempt, deadline);
      }
    },
    review(attempt, decision) {
      for (const record of attempt.records) {
        if (record.completedAt === null) continue;
        record.decision = decision;
        record.decidedAt = agenda.now();
        emit(record, 'decision_update', { decision });
      }
      attempt.reviewedAt = agenda.now();
    },
    contradict(attempt, decision) {
      const record = attempt.records.find(({ completedAt }) => completedAt !== null);
      if (!record) return;
      record.decision = decision;
      record.decidedAt = agenda.now();
      attempt.contradictedAt = agenda.now();
      emit(record, random.pick(['reevaluation', 'decision_update']), { decision });
    },
    stateOf,
  };
}

function supersedes(other: Attempt, attempt: Attempt): boolean {
  return (
    other.key.stage === attempt.key.stage &&
    other.completedAt !== null &&
    other.deadline !== null &&
    other.completedAt > other.deadline &&
    ['ACCEPT', 'APPROVE', 'PASSED'].includes(other.plan.decision)
  );
}

function isCaptured(stage: EvaluatedStage): boolean {
  return stage === 'document_verification' || stage === 'selfie_reverification';
}

function stateOf({ step, attempt }: Record): Evaluation['state'] {
  const current = attempt.plan.steps[step];
  if (current === undefined) return 'completed';
  return current === 'in_progress' ? 'in_progress' : 'paused';
}

const pausedFor: { [step in Step]?: Evaluation['pausedFor'] } = {
  capture: 'capture',
  hosted_flow: 'hosted_flow',
  one_time_code: 'one_time_code',
  more_information: 'more_information',
};

/** What a GET shows. */
function snapshotOf(record: Record): Evaluation {
  const { attempt, evalId } = record;
  const { plan, evaluationId, key } = attempt;
  const state = stateOf(record);
  const step = plan.steps[record.step];
  const waits = step === undefined || attempt.failed ? undefined : pausedFor[step];
  const common = {
    evaluationId,
    evalId,
    state,
    reasonCodes: plan.risk ? ['R810'] : [],
    advice: [],
    risk: plan.risk,
    technical: plan.technical,
    failed: attempt.failed,
    failedSteps: [],
    tags: [],
    reviewQueues: [],
  };
  if (state !== 'completed') {
    return {
      ...common,
      technical: false,
      risk: false,
      reasonCodes: [],
      ...(waits === undefined ? {} : { pausedFor: waits }),
      ...(waits === 'capture' || waits === 'hosted_flow' ? { url: `https://verify.example/${evalId}` } : {}),
    };
  }
  const previous =
    plan.previous === 'missing'
      ? undefined
      : plan.previous === 'same'
        ? record.comparedWith
        : 'another-reference';
  return {
    ...common,
    ...(record.decision === null ? {} : { decision: record.decision }),
    ...(record.decidedAt === null ? {} : { decidedAt: new Date(record.decidedAt).toISOString() }),
    ...(plan.reference ? { referenceId: referenceOf(evaluationId), documentResult: 'accepted' } : {}),
    ...(hasDocuments(record) && !plan.reference ? { documentResult: 'not_accepted' } : {}),
    ...(key.stage === 'selfie_reverification' && previous ? { previousReferenceId: previous } : {}),
    ...(plan.images === 'military' ? { documentType: 'Military' } : {}),
  };
}

/** In a passive check only where it has a capture of its own. */
function hasDocuments({ attempt: { key, plan } }: Record): boolean {
  if (key.stage !== 'passive_check') return key.stage === 'document_verification';
  return plan.steps.some((step) => step === 'capture' || step === 'hosted_flow');
}

/** The reference of an accepted result, the same for each evaluation of one request. */
function referenceOf(evaluationId: string): string {
  return `reference-of-${evaluationId}`;
}
