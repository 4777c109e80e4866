import type { Plan, PlannedPolicy } from './plan.ts';
import type { EvaluatedStage, Key, Status } from './world/contract.ts';
import type { Attempt } from './world/riskos.ts';

/** What happened outside the workflow; the oracle knows this and the plan, and nothing of the workflow's own. */
export interface Facts {
  attempts: Map<string, Attempt>;
  /** The first POST of each attempt, in order. */
  begun: { evaluationId: string; key: Key; at: number; baseline: string | null }[];
  /** It stood at needs_attention. */
  stopped: boolean;
  /** Updates that were accepted, in order. */
  accepted: { name: string; verdict: string | null; at: number }[];
  /** Somebody withdrew, or cancelled the workflow, in time. */
  left: boolean;
  /** … and the funnel was not about to close in the same moment. */
  leftInTime: boolean;
  /** Readings of completed evaluations that reached the workflow. */
  completedReads: { evaluationId: string; at: number }[];
  /** Webhooks that say something else of what was settled, as they reached the workflow. */
  contradicted: { evaluationId: string; at: number }[];
}

type Verdict = 'accept' | 'review' | 'reject' | 'resubmit' | 'cancel';
type Outcome = 'rejected' | 'withdrawn' | 'expired' | 'attempts_exhausted' | 'cancelled' | 'completed';

type Place =
  | { at: EvaluatedStage }
  | { at: 'awaiting_document_request' | 'verified' }
  | { at: 'review'; of: Key }
  | { at: 'closed'; outcome: Outcome };

/**
 * Walks the funnel by docs/funnel.md and the plan, along what happened outside, and compares every verdict on its way.
 * The reason why what the funnel shows is wrong, or null.
 */
export function judge(plan: Plan, facts: Facts, shown: Status): string | null {
  const walk = createWalk(plan, facts, shown);
  try {
    let place: Place = plan.application.baseline ? { at: 'verified' } : { at: 'passive_check' };
    for (let next: Place | null = place; next; next = walk.step(place)) place = next;
    return walk.end(place);
  } catch (error) {
    if (error instanceof Wrong) return error.message;
    throw error;
  }
}

class Wrong extends Error {}

const words: Record<string, Verdict> = {
  ACCEPT: 'accept',
  APPROVE: 'accept',
  PASSED: 'accept',
  REVIEW: 'review',
  REJECT: 'reject',
  DECLINE: 'reject',
  RESUBMIT: 'resubmit',
  CANCEL: 'cancel',
};

const again: Record<PlannedPolicy['onRisk'], Verdict> = {
  review: 'review',
  close: 'reject',
  next_attempt: 'resubmit',
};

interface Expected {
  verdict: Verdict;
  flag: string | null;
}

/** Of a reading, where RiskOS fails at nothing: lost workflow tasks and a slow queue, in milliseconds. */
const longestDelay = 60_000;

function createWalk(
  { application, policy, evaluation, rates, outages, blanks }: Plan,
  facts: Facts,
  shown: Status,
) {
  const isCalm =
    rates.callFails === 0 && rates.callIsSlow === 0 && outages.length === 0 && blanks.length === 0;
  let verdicts = 0;
  let begun = 0;
  let tries = 1;
  let technical = 0;
  /** Something happened that a person has to look at. */
  let mayStop = !isCalm;
  let mustStop = false;
  let baseline = application.baseline?.referenceId ?? null;
  /** Attempts of the present stage that were given up at their deadline. */
  let givenUp: Attempt[] = [];
  const accepted = [...facts.accepted];
  // Who leaves at the moment of the end may come too late.
  const left = facts.left && shown.outcome === 'withdrawn';

  const attemptOf = ({ stage, attempt }: Key): Attempt | undefined =>
    [...facts.attempts.values()].find(({ key }) => key.stage === stage && key.attempt === attempt);

  const enter = (stage: EvaluatedStage): Place => {
    tries = 1;
    technical = 0;
    givenUp = [];
    return { at: stage };
  };
  const close = (outcome: Outcome): Place => ({ at: 'closed', outcome });

  const accept = (name: string): boolean => {
    const index = accepted.findIndex((update) => update.name === name);
    if (index >= 0) accepted.splice(index, 1);
    return index >= 0;
  };

  const afterAccept = (key: Key): Place => {
    const { reference } = evaluation(key.stage, key.attempt);
    const captured = key.stage === 'document_verification' || (key.stage === 'passive_check' && reference);
    if (!captured) {
      if (key.stage !== 'passive_check') return { at: 'verified' };
      return policy.start === 'immediately'
        ? enter('document_verification')
        : { at: 'awaiting_document_request' };
    }
    const attempt = attemptOf(key);
    if (reference && attempt) baseline = `reference-of-${attempt.evaluationId}`;
    return { at: 'verified' };
  };

  const stepUp = (to: 'document_verification' | 'review' | 'close', key: Key): Place => {
    if (to === 'review') return { at: 'review', of: key };
    return to === 'close' ? close('rejected') : enter('document_verification');
  };

  const afterVerdict = (key: Key, { verdict, flag }: Expected): Place => {
    const { stage } = key;
    if (flag === 'technical') {
      technical += 1;
      // Beyond the cap a person has a look first, and then it goes on with a fresh cap.
      if (technical > policy.maxTechnicalRetries) {
        technical = 0;
        mayStop = true;
        mustStop = true;
      }
      return { at: stage };
    }
    switch (verdict) {
      case 'accept':
        return afterAccept(key);
      case 'review':
        return stage === 'passive_check' && flag !== 'unknown_decision'
          ? stepUp(policy.passive.onReview, key)
          : { at: 'review', of: key };
      case 'reject':
        if (stage === 'passive_check') return stepUp(policy.passive.onReject, key);
        if (stage !== 'selfie_reverification' || policy.selfie.onReject === 'close') return close('rejected');
        return policy.selfie.onReject === 'review' ? { at: 'review', of: key } : { at: 'verified' };
      case 'resubmit':
        if (stage === 'passive_check') return stepUp(policy.passive.onResubmit, key);
        if (stage === 'payroll_setup') return { at: 'review', of: key };
        return nextTry(stage, 'attempts_exhausted');
      case 'cancel':
        return close('cancelled');
    }
  };

  const nextTry = (stage: EvaluatedStage, otherwise: Outcome): Place => {
    const most = stage === 'document_verification' ? policy.maxAttempts : policy.selfie.maxAttempts;
    if (tries >= most) return close(otherwise);
    tries += 1;
    return { at: stage };
  };

  const afterDeadline = (stage: EvaluatedStage, attempt: Attempt): Place => {
    switch (stage) {
      case 'passive_check':
        return close('expired');
      case 'document_verification':
        if (policy.onDeadline === 'close') return close('expired');
        givenUp.push(attempt);
        return nextTry(stage, 'expired');
      case 'selfie_reverification':
        return policy.selfie.onDeadline === 'verified' ? { at: 'verified' } : close('expired');
      case 'payroll_setup':
        return { at: 'verified' };
    }
  };

  const expectedOf = ({ key: { stage, attempt } }: Attempt): Expected => {
    const { decision, technical: isTechnical, risk, previous, reference } = evaluation(stage, attempt);
    const verdict = words[decision];
    if (verdict === undefined) return { verdict: 'review', flag: 'unknown_decision' };
    if (verdict === 'accept' && stage === 'selfie_reverification' && previous !== 'same') {
      return { verdict: 'review', flag: 'other_reference' };
    }
    if (verdict === 'accept' && stage === 'document_verification' && !reference) {
      return { verdict, flag: 'no_baseline' };
    }
    if ((verdict === 'resubmit' || verdict === 'cancel') && isTechnical)
      return { verdict, flag: 'technical' };
    if (verdict === 'resubmit' && risk) return { verdict: again[policy.onRisk], flag: 'risk' };
    return { verdict, flag: null };
  };

  /** Takes the next verdict that is shown, which must be this one. */
  const take = (attempt: Attempt, { verdict, flag }: Expected): void => {
    const record = shown.verdicts[verdicts++];
    const name = `${attempt.key.stage} ${attempt.key.attempt}`;
    const flags = record?.flags.filter((one) => one !== 'contradicted_later') ?? [];
    if (record?.verdict !== verdict || flags.join(' ') !== (flag ?? '')) {
      throw new Wrong(
        `${name} should be ${verdict} ${flag ?? ''}, and is shown as ${record?.verdict ?? 'nothing'} ${flags.join(' ')}`,
      );
    }
    if (!attempt.records.some(({ evalId }) => evalId === record.evalId)) {
      throw new Wrong(`${name} is shown with an evaluation that is not its own`);
    }
    const contradicted = record.flags.includes('contradicted_later');
    if (contradicted && attempt.contradictedAt === null && attempt.reviewedAt === null) {
      throw new Wrong(`${name} is shown as contradicted, and was not`);
    }
  };

  const nextIs = (key: Key): boolean => {
    const record = shown.verdicts[verdicts];
    return record?.stage === key.stage && record.attempt === key.attempt;
  };

  /** The next attempt was begun before the verdict that comes next. */
  const wasGivenUp = ({ stage }: Key): boolean => {
    const next = facts.begun[begun];
    const at = verdictTime(shown, verdicts);
    return next?.key.stage === stage && at !== undefined && next.at < at;
  };

  /** What RiskOS lost, a person may begin anew; nobody else does. */
  const canBeBegunAnew = ({ plan: { forgotten, failure } }: Attempt): boolean =>
    forgotten || failure !== null || blanks.length > 0;
  const wasRetried = (from: number, to: number): boolean =>
    facts.accepted.some(({ name, at }) => (name === 'retry' || name === 'correct') && at > from && at <= to);

  const evaluated = (stage: EvaluatedStage): Place | null => {
    const first = facts.begun[begun];
    const number = facts.begun.slice(0, begun).filter(({ key }) => key.stage === stage).length + 1;
    // A late accept can come before the next attempt is asked for.
    const early = givenUp.find(({ key }) => nextIs(key));
    const isAsked = first?.key.stage === stage && first.key.attempt === number;
    if (!isAsked && early && !wasGivenUp(early.key) && expectedOf(early).verdict === 'accept') {
      take(early, expectedOf(early));
      return afterVerdict(early.key, expectedOf(early));
    }
    if (!first) return null;
    begun += 1;
    if (first.key.stage !== stage || first.key.attempt !== number) {
      throw new Wrong(
        `${stage} ${number} should be asked for, and ${first.key.stage} ${first.key.attempt} was`,
      );
    }
    if (stage === 'selfie_reverification' && first.baseline !== baseline) {
      throw new Wrong(`${stage} ${number} was asked for with another baseline`);
    }
    const late = givenUp.find(({ key }) => nextIs(key));
    if (late && !wasGivenUp(late.key) && expectedOf(late).verdict === 'accept' && late.completedAt !== null) {
      take(late, expectedOf(late));
      return afterVerdict(late.key, expectedOf(late));
    }
    // A POST that RiskOS never took leaves nothing to be settled.
    const attempt = attemptOf(first.key);
    if (!attempt) return null;
    const { deadline, completedAt, plan } = attempt;
    // However late the candidate began: RiskOS was still working on it at the deadline.
    const isSlow =
      plan.steps.at(-1) === 'in_progress' &&
      (plan.finish.kind === 'at_deadline' ||
        (deadline !== null && completedAt !== null && completedAt > deadline));
    mayStop ||= canBeBegunAnew(attempt) || isSlow;
    const next = facts.begun[begun];
    const until = next && wasGivenUp(first.key) ? next.at + 1 : (verdictTime(shown, verdicts) ?? Infinity);
    const missed = givenUp.find(
      (one) =>
        expectedOf(one).verdict === 'accept' &&
        facts.completedReads.some(
          ({ evaluationId, at }) => evaluationId === one.evaluationId && at > first.at && at < until,
        ),
    );
    if (missed && !left)
      throw new Wrong(`${stage} ${missed.key.attempt} was accepted late, and does not count`);
    if (nextIs(first.key) && !wasGivenUp(first.key)) {
      if (attempt.completedAt === null)
        throw new Wrong(`${stage} ${number} has a verdict, and was never completed`);
      const expected = expectedOf(attempt);
      take(attempt, expected);
      return afterVerdict(attempt.key, expected);
    }
    // A late verdict shows that the attempt was given up at its deadline, whatever the retry was for.
    const isBegunAnew = canBeBegunAnew(attempt) && !nextIs(first.key);
    if (next?.key.stage === stage && isBegunAnew && wasRetried(first.at, next.at)) return { at: stage };
    const isLast = facts.begun[begun] === undefined && verdicts === shown.verdicts.length;
    if (left && isLast) return null;
    if (deadline === null) throw new Wrong(`${stage} ${number} has neither verdict nor deadline`);
    // What the funnel had not heard of, it could not read.
    const wasKnown = attempt.records.some(
      (one) => one.completedAt !== null && (one.knownAt ?? Infinity) < until,
    );
    if (completedAt !== null && completedAt <= deadline && wasKnown) {
      throw new Wrong(
        `${stage} ${number} was completed ${deadline - completedAt} ms before its deadline, and does not count`,
      );
    }
    const worksOn = attempt.records.some(({ lastStepAt }) => (lastStepAt ?? Infinity) < deadline);
    if (attempt.plan.steps.at(-1) === 'in_progress' && worksOn) {
      throw new Wrong(`RiskOS was late with ${stage} ${number}, and the candidate pays for it`);
    }
    const overlooked = givenUp.find(
      (one) =>
        expectedOf(one).verdict === 'accept' &&
        one.completedAt !== null &&
        one.completedAt + longestDelay < deadline &&
        isCalm,
    );
    if (overlooked)
      throw new Wrong(`${stage} ${overlooked.key.attempt} was accepted late, and is never read`);
    return afterDeadline(stage, attempt);
  };

  const reviewed = (of: Key): Place | null => {
    const attempt = attemptOf(of);
    const record = shown.verdicts[verdicts];
    if (!attempt || !record) return null;
    if (!nextIs(of)) throw new Wrong(`the review of ${of.stage} ${of.attempt} ended without a verdict`);
    const byHr = record.flags.includes('decided_by_hr');
    if (byHr) {
      const index = accepted.findIndex(({ name }) => name === 'review');
      const [update] = index < 0 ? [] : accepted.splice(index, 1);
      const verdict = words[update?.verdict?.toUpperCase() ?? ''];
      if (verdict === undefined) throw new Wrong(`${of.stage} ${of.attempt}: HR did not decide`);
      take(attempt, { verdict, flag: 'decided_by_hr' });
      return afterReview(attempt, verdict);
    }
    const { reviewer } = attempt.plan;
    if (reviewer.by !== 'riskos' || attempt.reviewedAt === null) {
      throw new Wrong(`${of.stage} ${of.attempt}: RiskOS did not decide`);
    }
    const verdict = words[reviewer.decision] ?? 'review';
    // Nobody's word makes a selfie one that was compared with the documents.
    if (verdict === 'accept' && of.stage === 'selfie_reverification' && attempt.plan.previous !== 'same') {
      take(attempt, { verdict: 'review', flag: 'other_reference' });
      return { at: 'review', of };
    }
    const lacksBaseline =
      verdict === 'accept' && of.stage === 'document_verification' && !attempt.plan.reference;
    take(attempt, { verdict, flag: lacksBaseline ? 'no_baseline' : null });
    return afterReview(attempt, verdict);
  };

  /** A person's word is final whatever the policy says. */
  const afterReview = ({ key }: Attempt, verdict: Verdict): Place => {
    givenUp = [];
    switch (verdict) {
      case 'accept':
        return afterAccept(key);
      case 'resubmit':
        if (key.stage === 'passive_check') return enter('document_verification');
        tries += 1;
        return { at: key.stage };
      case 'reject':
        return close('rejected');
      case 'cancel':
        return close('cancelled');
      case 'review':
        return { at: 'review', of: key };
    }
  };

  const verified = (): Place | null => {
    const index = accepted.findIndex(({ name }) => restUpdates.has(name));
    const update = accepted[index];
    const next = facts.begun[begun];
    if (update && (!next || update.at <= next.at)) {
      accepted.splice(index, 1);
      if (update.name === 'complete') return close('completed');
      return enter(update.name === 'requestPayrollSetup' ? 'payroll_setup' : 'selfie_reverification');
    }
    if (!next) return null;
    if (policy.selfie.every === null || baseline === null) {
      throw new Wrong(`nobody asked for ${next.key.stage} ${next.key.attempt}`);
    }
    return enter('selfie_reverification');
  };

  /** RiskOS says a word that it never said of this evaluation before, and the verdict is another one. */
  const isUnseen = ({ evaluationId, at }: Facts['contradicted'][number]): boolean => {
    const attempt = facts.attempts.get(evaluationId);
    const wasRead = facts.completedReads.some((read) => read.evaluationId === evaluationId && read.at > at);
    // A funnel that closes reads no more, and an evaluation that RiskOS forgot cannot be read.
    if (!wasRead && (shown.stage === 'closed' || attempt?.plan.forgotten || blanks.length > 0)) return false;
    const record = shown.verdicts.findLast((one) => one.evaluationId === evaluationId);
    const { contradiction, decision, reviewer } = attempt?.plan ?? {};
    // The funnel remembers what RiskOS said of the last twenty.
    const isOld = shown.verdicts.slice(-20).every((one) => one.evaluationId !== evaluationId);
    if (!record || isOld || !contradiction || decision === contradiction.decision) return false;
    if (
      attempt?.reviewedAt != null &&
      reviewer?.by === 'riskos' &&
      reviewer.decision === contradiction.decision
    )
      return false;
    return words[contradiction.decision] !== record.verdict && !record.flags.includes('contradicted_later');
  };

  return {
    step(place: Place): Place | null {
      switch (place.at) {
        case 'closed':
          return null;
        case 'awaiting_document_request':
          return accept('requestDocuments') ? enter('document_verification') : null;
        case 'review':
          return reviewed(place.of);
        case 'verified':
          return verified();
        case 'passive_check':
        case 'document_verification':
        case 'selfie_reverification':
        case 'payroll_setup':
          return evaluated(place.at);
      }
    },
    end(place: Place): string | null {
      if (facts.leftInTime && !left) return 'somebody withdrew, and the funnel went on';
      if (mustStop && !facts.stopped && !left) return 'RiskOS failed too often, and nobody was asked to look';
      if (facts.stopped && !mayStop) return 'it stood at needs_attention, and nobody had to look at anything';
      const unseen = facts.contradicted.find(isUnseen);
      if (unseen) return `${unseen.evaluationId} is contradicted, and nothing shows it`;
      if (verdicts < shown.verdicts.length) return `a verdict too many, after ${place.at}`;
      if (begun < facts.begun.length) return `an evaluation too many, after ${place.at}`;
      if (left) return null;
      const unheard = accepted.find(
        ({ name }) => name === 'review' || restUpdates.has(name) || name === 'requestDocuments',
      );
      if (unheard) return `the update ${unheard.name} was accepted, and nothing followed`;
      const outcome = place.at === 'closed' ? place.outcome : null;
      if (shown.stage !== place.at || shown.outcome !== outcome) {
        return `it should stand at ${place.at} ${outcome ?? ''}, and stands at ${shown.stage} ${shown.outcome ?? ''}`;
      }
      if (place.at === 'verified' && policy.selfie.every !== null && baseline !== null) {
        return 'no selfie is asked for again, though it is time';
      }
      return place.at === 'closed' || place.at === 'verified' || place.at === 'awaiting_document_request'
        ? null
        : `it waits at ${place.at} for what cannot come`;
    },
  };
}

const restUpdates = new Set(['requestReverification', 'requestPayrollSetup', 'complete']);

function verdictTime(shown: Status, index: number): number | undefined {
  const record = shown.verdicts[index];
  return record && Date.parse(record.at);
}
