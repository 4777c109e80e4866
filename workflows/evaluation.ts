import {
  ActivityFailure,
  ApplicationFailure,
  CancellationScope,
  CancelledFailure,
  proxyActivities,
  workflowInfo,
} from '@temporalio/workflow';
import type {
  Answered,
  EvaluationActivities,
  EvaluationAsk,
  RiskosTrouble,
} from '../activities/evaluations.ts';
import {
  comparedWith,
  type Candidate,
  type Evaluation,
  formatEvaluationId,
  inWords,
  parseEvaluationId,
  milliseconds,
  reminderAt,
  type DeadlineRule,
  type Refusal,
  riskosTaskQueue,
  type Verdict,
  verdictOf,
} from '../src/contract/index.ts';
import { clearAlarms, hasRung, setAlarm } from './alarms.ts';
import { iso, now } from './clock.ts';
import { type EvaluatedStage, type Memory, note, noteTrouble, type OpenEvaluation } from './memory.ts';
import { news } from './notices.ts';
import { waitUntil } from './waiting.ts';

/** An evaluation with a verdict. */
export interface Decided {
  kind: 'verdict';
  verdict: Verdict;
  technical: boolean;
  unknown: boolean;
  evaluation: Evaluation;
}

/** How an evaluation ended for the funnel. */
type Settled = Decided | { kind: 'expired' };

interface AttentionDetails {
  fields?: string[];
  unexplained?: boolean;
}

/** RiskOS refuses, or keeps failing: a person has to look. */
export class NeedsAttention extends Error {
  readonly fields: string[];
  /** An event may still explain it, and then nobody has to. */
  readonly unexplained: boolean;

  constructor(reason: string, { fields = [], unexplained = false }: AttentionDetails = {}) {
    super(reason);
    this.fields = fields;
    this.unexplained = unexplained;
  }
}

const limits = {
  // Longer than the RiskOS client's own bound for a call.
  startToCloseTimeout: '65s',
  heartbeatTimeout: '5s',
  cancellationType: 'TRY_CANCEL',
} as const;

// It may wait for a worker, or behind the rate limit, as long as it must: only what began can have reached RiskOS.
const { createEvaluation } = proxyActivities<EvaluationActivities>({
  ...limits,
  retry: { maximumAttempts: 1 },
});

// Whoever sent the update waits for the answer.
const { patchEvaluation } = proxyActivities<EvaluationActivities>({
  ...limits,
  scheduleToCloseTimeout: '90s',
  retry: { maximumAttempts: 1 },
});

const { readEvaluation } = proxyActivities<EvaluationActivities>({
  ...limits,
  // A reading that RiskOS puts off for longer is left to the next one: nobody's decision waits for it.
  scheduleToCloseTimeout: '90s',
  retry: { initialInterval: '1s', maximumInterval: '15s', maximumAttempts: 4 },
});

/** After this many POSTs of unknown effect a person decides whether one more may be sent. */
const maxPerhapsProcessed = 5;
/** Re-runs of one request that are followed up. */
const maxEvalIds = 4;
/** RiskOS may know an evaluation a moment later than it tells of it, so an unknown one is asked for again. */
const maxUnknown = 3;

/** One evaluation, from its POST to a verdict or its deadline. Goes on with the open one if there is one. */
export async function evaluate(memory: Memory, stage: EvaluatedStage): Promise<Settled> {
  const open =
    memory.evaluation && memory.evaluation.settled === null ? memory.evaluation : begin(memory, stage);
  memory.evaluation = open;
  for (;;) {
    if (open.evalIds.length === 0) await findEvaluation(memory, open);
    const evaluation = completed(open);
    if (evaluation) return settle(memory, open, evaluation);
    if (memory.deadline.length === 0) setDeadline(memory, deadlineRule(memory, open.stage));
    const read = await nextReading(memory, open);
    if (read && !completed(open) && open.evalIds.length > 0 && hasRung(memory, 'deadline'))
      return expire(memory, open);
  }
}

/** Waits until a person decides the evaluation: in RiskOS, whose decision changes then, or by HR's update `review`. */
export async function review(memory: Memory): Promise<Settled> {
  const open = memory.evaluation;
  if (!open?.latest) throw new NeedsAttention('There is no evaluation to review.');
  for (;;) {
    const { request } = memory;
    if (request?.kind === 'review') {
      memory.request = null;
      return settle(memory, open, open.latest, request.verdict);
    }
    const evaluation = completed(open);
    if (evaluation && isDecided(memory, open, evaluation)) return settle(memory, open, evaluation);
    await nextReading(memory, open, () => memory.request?.kind === 'review');
  }
}

/** A person has decided when the verdict changes, or stays one that ends the review but was given again later. */
function isDecided(memory: Memory, open: OpenEvaluation, evaluation: Evaluation): boolean {
  const { verdict } = judge(memory, open, evaluation);
  return verdict !== open.settled || (verdict !== 'review' && isDecidedAnew(open, evaluation));
}

function isDecidedAnew(open: OpenEvaluation, { evalId, decidedAt }: Evaluation): boolean {
  return evalId === open.settledEvalId && decidedAt !== undefined && decidedAt !== open.decidedAt;
}

/** What was read last ends the wait, so that no other evaluation of the same request is read over it. */
function isOver(memory: Memory, open: OpenEvaluation): boolean {
  const evaluation = completed(open);
  return evaluation !== undefined && (memory.stage !== 'review' || isDecided(memory, open, evaluation));
}

/** Attempts that were given up count only while the stage asks for the same thing. */
export function forgetAbandoned(memory: Memory): void {
  memory.abandoned = [];
  memory.late = [];
}

function completed(open: OpenEvaluation): Evaluation | undefined {
  return open.latest?.state === 'completed' ? open.latest : undefined;
}

function begin(memory: Memory, stage: EvaluatedStage): OpenEvaluation {
  const { application, run } = memory;
  const attempt = (memory.attempts[stage] ?? 0) + 1;
  memory.attempts[stage] = attempt;
  endWatch(memory);
  return {
    evaluationId: formatEvaluationId({ applicationId: application.applicationId, run, stage, attempt }),
    stage,
    useCase: stage === 'passive_check' ? application.useCase : stage,
    attempt,
    notProcessed: 0,
    perhapsProcessed: 0,
    evalIds: [],
    answeredEvalId: null,
    toRead: [],
    reads: 0,
    failedReads: 0,
    overdue: false,
    latest: null,
    unknown: {},
    codes: 0,
    settled: null,
    settledEvalId: null,
    decidedAt: null,
  };
}

/** POSTs until RiskOS's id is known: from the answer, or, when the answer was lost, from an event. */
async function findEvaluation(memory: Memory, open: OpenEvaluation): Promise<void> {
  while (open.evalIds.length === 0) {
    if (memory.alarms.post) await waitUntil(memory, () => open.evalIds.length > 0 || hasRung(memory, 'post'));
    clearAlarms(memory, 'post');
    if (open.evalIds.length === 0) await post(memory, open);
  }
}

async function post(memory: Memory, open: OpenEvaluation): Promise<void> {
  try {
    const evaluation = heard(
      memory,
      await createEvaluation.executeWithOptions(callOptions('ask for', open), [askOf(memory, open)]),
    );
    open.answeredEvalId = evaluation.evalId;
    learnEvalId(open, evaluation.evalId);
    open.latest = evaluation;
    noteTrouble(memory, null);
    // What the answer says is newer than no event, but an event that came meanwhile is worth a reading.
    open.toRead = open.toRead.filter(
      (evalId) => evalId !== evaluation.evalId || evaluation.state !== 'completed',
    );
  } catch (error) {
    stopIfWithdrawn();
    planNextPost(memory, open, troubleOf(error));
  }
}

function planNextPost(memory: Memory, open: OpenEvaluation, trouble: Trouble): void {
  if (trouble.evalId !== null) hint(open, trouble.evalId);
  if (open.evalIds.length > 0 && trouble.type !== 'RiskosRefused') return;
  switch (trouble.type) {
    case 'RiskosNotProcessed': {
      open.notProcessed += 1;
      setAlarm(memory, 'post', now() + (trouble.retryAfter ?? 1000));
      noteTrouble(memory, `takes no request (${trouble.reason})`);
      return;
    }
    case 'RiskosRefused':
      throw new NeedsAttention(`RiskOS refused the request (${trouble.reason}): ${trouble.action}.`, {
        fields: trouble.fields,
      });
    default: {
      const wait = milliseconds(memory.application.policy.ambiguousWait) * 2 ** open.perhapsProcessed;
      open.perhapsProcessed += 1;
      noteTrouble(
        memory,
        `did not say whether it took the request (${trouble.reason}); waiting for an event that tells`,
      );
      if (open.perhapsProcessed < maxPerhapsProcessed) {
        setAlarm(memory, 'post', now() + Math.min(wait, 3600_000));
        return;
      }
      open.perhapsProcessed = 0;
      throw new NeedsAttention(
        `RiskOS left ${maxPerhapsProcessed} requests without a clear answer; each may have sent an SMS. ` +
          'Look for the evaluation in the RiskOS dashboard before you retry.',
        { unexplained: true },
      );
    }
  }
}

/** What a paused evaluation can be given by an update. */
export type StepUp =
  | { kind: 'one_time_code'; code: string }
  | { kind: 'resend_one_time_code' }
  | { kind: 'information'; candidate: Partial<Candidate> };

/** Gives a paused evaluation what it waits for, and has the story read what came of it. */
export async function stepUp(open: OpenEvaluation, given: StepUp): Promise<void> {
  const evalId = open.latest?.evalId;
  if (evalId === undefined) return;
  try {
    const { evaluationId, useCase } = open;
    const patch = { ...given, evaluationId, useCase };
    const answered = await patchEvaluation.executeWithOptions(callOptions('step up', open), [
      { evalId, patch },
    ]);
    open.latest = answered.evaluation;
  } catch (error) {
    const { type, reason, action } = troubleOf(error);
    const refused = type === 'RiskosRefused';
    throw ApplicationFailure.nonRetryable(
      refused
        ? `RiskOS refused it (${reason}): ${action}`
        : `RiskOS did not answer clearly (${reason}); look at the status, then try again`,
      (refused ? 'RiskosRefused' : 'RiskosUnavailable') satisfies Refusal,
    );
  } finally {
    hint(open, evalId);
  }
  if (given.kind === 'one_time_code' && open.latest.pausedFor === 'one_time_code') open.codes += 1;
}

/** Waits for an event, the next reading's time or the deadline, and reads. Whether everything could be read. */
async function nextReading(
  memory: Memory,
  open: OpenEvaluation,
  interrupted: () => boolean = () => false,
): Promise<boolean> {
  if (!memory.alarms.read) scheduleReading(memory, open);
  const passed = () => memory.stage !== 'review' && hasRung(memory, 'deadline') && !open.overdue;
  const due = () => hasRung(memory, 'read') || passed();
  await waitUntil(memory, () => open.toRead.length > 0 || memory.late.length > 0 || interrupted() || due());
  if (interrupted()) return false;
  if (due()) readAll(memory, open, passed());
  if (await readLate(memory, open)) return true;
  let complete = true;
  while (open.toRead.length > 0 && !interrupted()) {
    const evalId = open.toRead.shift();
    if (evalId !== undefined && !(await readOne(memory, open, evalId))) complete = false;
    if (isOver(memory, open)) break;
  }
  return complete;
}

/** No event told of it: everything that is known is read, given-up attempts too. */
function readAll(memory: Memory, open: OpenEvaluation, afterDeadline: boolean): void {
  open.toRead = [...open.evalIds];
  memory.late = memory.abandoned.flatMap(({ evaluationId, evalIds }) =>
    evalIds.map((evalId) => ({ evaluationId, evalId })),
  );
  if (afterDeadline) open.overdue = true;
  if (hasRung(memory, 'read')) scheduleReading(memory, open);
}

/**
 * Reads what an event said of a given-up attempt of this stage. An accept counts, late or not: the candidate did their
 * part, so the newer attempt is superseded by it.
 */
async function readLate(memory: Memory, open: OpenEvaluation): Promise<boolean> {
  for (let late = memory.late.shift(); late; late = memory.late.shift()) {
    const key = parseEvaluationId(late.evaluationId);
    const evaluation = key?.stage === open.stage ? await tryToRead(memory, open, late) : undefined;
    if (!key || evaluation?.state !== 'completed') continue;
    if (judge(memory, open, evaluation).verdict !== 'accept') continue;
    note(
      memory,
      `${inWords(open.stage)}, attempt ${key.attempt} was accepted late; it counts, not attempt ${open.attempt}`,
    );
    Object.assign(open, {
      evaluationId: late.evaluationId,
      attempt: key.attempt,
      evalIds: [late.evalId],
      toRead: [],
    });
    open.latest = evaluation;
    memory.late = [];
    return true;
  }
  return false;
}

async function tryToRead(
  memory: Memory,
  open: OpenEvaluation,
  late: Memory['late'][number],
): Promise<Evaluation | undefined> {
  try {
    return heard(memory, await readEvaluation.executeWithOptions(callOptions('read again', open), [late]));
  } catch {
    stopIfWithdrawn();
    return undefined;
  }
}

async function readOne(memory: Memory, open: OpenEvaluation, evalId: string): Promise<boolean> {
  try {
    const ask = { evaluationId: open.evaluationId, evalId };
    const evaluation = heard(
      memory,
      await readEvaluation.executeWithOptions(callOptions('read', open), [ask]),
    );
    // A re-run that is still paused takes nothing away from one that has completed.
    if (evaluation.state === 'completed' || !completed(open) || open.latest?.evalId === evalId)
      open.latest = evaluation;
    noteTrouble(memory, null);
    open.failedReads = 0;
    clearAlarms(memory, 'patience');
    return true;
  } catch (error) {
    stopIfWithdrawn();
    return unreadable(memory, open, evalId, troubleOf(error));
  }
}

/** What becomes of an evaluation that could not be read; whether there is nothing more to be read of it. */
function unreadable(memory: Memory, open: OpenEvaluation, evalId: string, trouble: Trouble): boolean {
  const { type, reason, action } = trouble;
  const unknown = type === 'RiskosUnknownEvaluation';
  const refused = type === 'RiskosRefused';
  // HR's word ends a review without any reading, so none stops it.
  if (memory.stage === 'review' || !(unknown || refused || type === 'RiskosForeignEvaluation')) {
    noteTrouble(memory, `cannot be read (${reason})`);
    stopIfOverdueForLong(memory, reason);
    open.failedReads += 1;
    readSoon(memory, open.failedReads);
    return false;
  }
  if (refused) {
    open.toRead.unshift(evalId);
    throw new NeedsAttention(`RiskOS refused to show the evaluation (${reason}): ${action}.`);
  }
  const times = (open.unknown[evalId] ?? 0) + 1;
  open.unknown[evalId] = times;
  readSoon(memory, 1);
  if (unknown && times < maxUnknown) return false;
  open.evalIds = open.evalIds.filter((known) => known !== evalId);
  if (evalId !== open.answeredEvalId) return true;
  memory.evaluation = null;
  throw new NeedsAttention(
    `RiskOS no longer knows the evaluation ${evalId} that it began. A retry begins another one, which the candidate has to do.`,
  );
}

/** What could not be read is read again before the next reading by plan, after longer and longer waits. */
function readSoon(memory: Memory, failures: number): void {
  const { ambiguousWait, reconciliation } = memory.application.policy;
  const wait = milliseconds(ambiguousWait) * 2 ** Math.min(failures - 1, 20);
  const soon = now() + Math.min(wait, milliseconds(reconciliation.longest));
  setAlarm(memory, 'read', Math.min(memory.alarms.read?.times[0] ?? soon, soon));
}

/** An outage holds a deadline up, so that nobody loses to it, but not without somebody's knowing. */
function stopIfOverdueForLong(memory: Memory, reason: string): void {
  if (memory.stage === 'review' || !hasRung(memory, 'deadline')) return;
  const { longest } = memory.application.policy.reconciliation;
  if (!memory.alarms.patience) setAlarm(memory, 'patience', now() + milliseconds(longest));
  if (!hasRung(memory, 'patience')) return;
  throw new NeedsAttention(
    `The deadline has passed, and RiskOS cannot be read since (${reason}). When it can be, retry.`,
  );
}

/** Each answer says in passing whether HR is told of anything. */
function heard(memory: Memory, { evaluation, hrIsTold }: Answered): Evaluation {
  memory.notices.wanted = hrIsTold;
  return evaluation;
}

function callOptions(does: string, open: OpenEvaluation): { summary: string; taskQueue: string } {
  return {
    summary: `${does} ${inWords(open.stage)}, attempt ${open.attempt}`,
    taskQueue: riskosTaskQueue(workflowInfo().taskQueue),
  };
}

/** An event of this evaluation: read it, and remember RiskOS's id, which the POST's answer may have failed to bring. */
export function hint(open: OpenEvaluation, evalId: string | undefined): void {
  if (evalId !== undefined) learnEvalId(open, evalId);
  const named = evalId !== undefined && open.evalIds.includes(evalId) ? [evalId] : open.evalIds;
  for (const one of named) if (!open.toRead.includes(one)) open.toRead.push(one);
}

function learnEvalId(open: OpenEvaluation, evalId: string): void {
  if (open.evalIds.includes(evalId)) return;
  if (open.evalIds.length >= maxEvalIds) {
    const oldest = open.evalIds.find((known) => known !== open.answeredEvalId);
    open.evalIds = open.evalIds.filter((known) => known !== oldest);
    open.toRead = open.toRead.filter((known) => known !== oldest);
  }
  open.evalIds.push(evalId);
}

/** The intervals between readings without events, in units of the first. */
const ladder = [1, 4, 20, 60, 120, 240, 480, 960];

function scheduleReading(memory: Memory, open: OpenEvaluation): void {
  setAlarm(memory, 'read', now() + intervalBefore(memory, open.reads));
  open.reads += 1;
  // The timer of a deadline that lies beyond the next readings would only cost.
  if (!memory.alarms.deadline && deadlineIsNear(memory, open))
    setAlarm(memory, 'deadline', ...memory.deadline);
}

/** Milliseconds between one reading and the next. */
function intervalBefore(memory: Memory, reads: number): number {
  const { first, longest } = memory.application.policy.reconciliation;
  const step = ladder[reads] ?? Infinity;
  return Math.min(step * milliseconds(first), milliseconds(longest));
}

/** Whether the reading after the next one comes after the reminder: by the policy's numbers, not by the clock. */
function deadlineIsNear(memory: Memory, open: OpenEvaluation): boolean {
  const untilThen = Array.from({ length: open.reads + 1 }, (_, reads) => intervalBefore(memory, reads));
  const rule = deadlineRule(memory, open.stage);
  const length = milliseconds(rule.deadline);
  return untilThen.reduce((sum, interval) => sum + interval, 0) >= (reminderAt(rule, length) ?? length);
}

/** A person's part ends then, and HR is reminded before. */
export function setDeadline(memory: Memory, rule: DeadlineRule): void {
  const deadline = now() + milliseconds(rule.deadline);
  const reminder = reminderAt(rule, deadline);
  memory.deadline = [...(reminder === null ? [] : [reminder]), deadline];
}

function endWatch(memory: Memory): void {
  clearAlarms(memory, 'post', 'read', 'deadline', 'patience');
  memory.deadline = [];
}

function deadlineRule(memory: Memory, stage: EvaluatedStage): DeadlineRule {
  const { documents, reverification } = memory.application.policy;
  return stage === 'selfie_reverification' ? reverification : documents;
}

function askOf(memory: Memory, open: OpenEvaluation): EvaluationAsk {
  const { application, baseline } = memory;
  return {
    evaluationId: open.evaluationId,
    applicationId: application.applicationId,
    useCase: open.useCase,
    candidate: application.candidate,
    custom: application.custom,
    documents: application.policy.documents,
    tries: open.notProcessed + 1,
    ...(open.stage === 'selfie_reverification' && baseline ? { baseline } : {}),
  };
}

function settle(
  memory: Memory,
  open: OpenEvaluation,
  evaluation: Evaluation,
  byHr?: 'accept' | 'reject' | 'resubmit',
): Settled {
  const judged = judge(memory, open, evaluation);
  const verdict = byHr ?? judged.verdict;
  const contrary = byHr !== undefined && byHr !== judged.verdict && isDecided(memory, open, evaluation);
  const flags = byHr ? ['decided_by_hr', ...(contrary ? ['contradicted_later'] : [])] : judged.flags;
  const record = {
    stage: open.stage,
    attempt: open.attempt,
    verdict,
    flags,
    evaluationId: open.evaluationId,
    evalId: evaluation.evalId,
    at: iso(now()),
  };
  memory.verdicts = [...memory.verdicts.slice(-99), record];
  memory.notices.verdicts.push(record);
  news(memory, 'verdict');
  note(
    memory,
    `${inWords(open.stage)}, attempt ${open.attempt}: ${[verdict, ...flags.map(inWords)].join(', ')}`,
  );
  open.settled = verdict;
  open.settledEvalId = evaluation.evalId;
  open.decidedAt = evaluation.decidedAt ?? null;
  if (verdict !== 'resubmit') forgetAbandoned(memory);
  if (evaluation.decision !== undefined) {
    const { evaluationId } = open;
    memory.decisions = [...memory.decisions, { evaluationId, decision: evaluation.decision }].slice(-20);
  }
  open.reads = 0;
  endWatch(memory);
  return {
    kind: 'verdict',
    verdict,
    technical: flags.includes('technical'),
    unknown: flags.includes('unknown_decision'),
    evaluation,
  };
}

/** RiskOS's decision in our words, and with what the funnel must not overlook. */
function judge(
  memory: Memory,
  open: OpenEvaluation,
  evaluation: Evaluation,
): { verdict: Verdict; flags: string[] } {
  const { policy } = memory.application;
  const { verdict, flags } = verdictOf(evaluation.decision, policy.verdicts);
  if (verdict === 'accept' && comparedWithAnother(memory, open, evaluation)) {
    return { verdict: 'review', flags: ['other_reference'] };
  }
  if ((verdict === 'resubmit' || verdict === 'cancel') && evaluation.technical) {
    return { verdict, flags: ['technical'] };
  }
  const decidedLater = open.settled !== null && isDecidedAnew(open, evaluation);
  if (verdict === 'resubmit' && evaluation.risk && !decidedLater) {
    const instead = { review: 'review', close: 'reject', next_attempt: 'resubmit' } as const;
    return { verdict: instead[policy.documents.onRisk], flags: ['risk'] };
  }
  return { verdict, flags };
}

/** A selfie that was not compared with the reference that was sent proves nothing. */
function comparedWithAnother(memory: Memory, open: OpenEvaluation, evaluation: Evaluation): boolean {
  const { baseline } = memory;
  return (
    open.stage === 'selfie_reverification' && (!baseline || comparedWith(baseline, evaluation) !== 'same')
  );
}

function expire(memory: Memory, open: OpenEvaluation): Settled {
  if (open.latest?.state === 'in_progress') {
    open.overdue = false;
    setDeadline(memory, deadlineRule(memory, open.stage));
    setAlarm(memory, 'deadline', ...memory.deadline);
    throw new NeedsAttention(
      'RiskOS has not finished this evaluation by its deadline. Look at it in its dashboard.',
    );
  }
  note(memory, `${inWords(open.stage)}, attempt ${open.attempt}: deadline passed`);
  memory.abandoned = [...memory.abandoned, { evaluationId: open.evaluationId, evalIds: open.evalIds }].slice(
    -5,
  );
  memory.evaluation = null;
  endWatch(memory);
  return { kind: 'expired' };
}

/** A withdrawal ends the story, even where a call failed by itself at the same moment. */
function stopIfWithdrawn(): void {
  if (CancellationScope.current().consideredCancelled) throw new CancelledFailure('withdrawn');
}

interface Trouble extends RiskosTrouble {
  type: string;
}

/** A killed worker's time-out and a bug tell nothing about the request, so they count as perhaps processed. */
function troubleOf(error: unknown): Trouble {
  const cause = error instanceof ActivityFailure ? error.cause : undefined;
  const unclear: Trouble = {
    type: 'RiskosAmbiguous',
    reason: 'no answer',
    action: '',
    fields: [],
    retryAfter: null,
    evalId: null,
  };
  if (!(cause instanceof ApplicationFailure)) return unclear;
  const details: unknown = cause.details?.[0];
  return { ...unclear, ...(isTrouble(details) ? details : {}), type: cause.type ?? unclear.type };
}

function isTrouble(details: unknown): details is RiskosTrouble {
  return typeof details === 'object' && details !== null && 'reason' in details && 'action' in details;
}
