import { isDeepStrictEqual } from 'node:util';
import type { Plan } from './plan.ts';
import type { Execution, Run } from './server/execution.ts';
import { fromPayload } from './server/protocol.ts';
import type { Calls } from './world/calls.ts';
import {
  attributesOf,
  memoOf,
  names,
  publishedOf,
  type Status,
  type TimelineEntry,
} from './world/contract.ts';

export interface ShownWatch {
  /**
   * `begunAt`: when RiskOS was asked for the last evaluation. `wentOn`: the task brought more after the run had continued as new,
   * which the next run does again.
   */
  see(execution: Execution, run: Run, status: Status, begunAt: number, wentOn: boolean): void;
}

const waitsFor: Record<Status['stage'], readonly Status['waitingFor'][]> = {
  passive_check: ['riskos', 'candidate'],
  document_verification: ['riskos', 'candidate'],
  selfie_reverification: ['riskos', 'candidate'],
  payroll_setup: ['riskos', 'candidate'],
  awaiting_document_request: ['hr'],
  review: ['reviewer'],
  verified: ['nothing'],
  needs_attention: ['operator'],
  closed: ['nothing'],
};

/** Here RiskOS is asked for nothing. */
const restful = new Set<Status['stage']>(['awaiting_document_request', 'verified', 'closed']);

/** A timer may be late by a second, and a worker die twice in a row. */
const patience = 60_000;

/** What operators and HR see outside the workflow must be what the workflow says of itself, after each workflow task. */
export function watchShown({ policy }: Plan, wrong: (reason: string) => void): ShownWatch {
  let deadlineOf = '';
  const checkDeadline = (status: Status, begunAt: number, now: number): void => {
    const { stage, attempt, deadline } = status;
    if (deadline === null || stage === 'verified' || `${stage} ${attempt}` === deadlineOf) return;
    deadlineOf = `${stage} ${attempt}`;
    const length =
      stage === 'review'
        ? policy.reviewDeadline
        : stage === 'selfie_reverification'
          ? policy.selfie.deadline
          : policy.deadline;
    const from = Date.parse(deadline) - length;
    if (from < begunAt || from > now)
      wrong(`the deadline of ${stage} is not ${length} ms after it was begun`);
  };
  /** The memo is right after each workflow task: while an answer of RiskOS is waited for, when a run goes on in the next one, at the end. */
  const checkMemo = (memo: Record<string, unknown>, status: Status): void => {
    const expected = memoOf(status);
    const clear = memo['status'];
    if (!isDeepStrictEqual(clear, expected.status))
      wrong(`the memo says ${JSON.stringify(clear)}, and must say ${JSON.stringify(expected.status)}`);
    if (!isDeepStrictEqual(memo['private'], expected.private))
      wrong(
        `the private memo is ${JSON.stringify(memo['private'])}, not ${JSON.stringify(expected.private)}`,
      );
  };
  return {
    see({ attributes, memo }, run, status, begunAt, wentOn) {
      if (run.open) checkDeadline(status, begunAt, run.lastTime);
      if (!wentOn) checkMemo(memo, status);
      if (status.trouble !== null && restful.has(status.stage))
        wrong(`${status.stage} shows trouble with RiskOS, which it does not ask`);
      if (!isAtRest(run)) return;
      if (!waitsFor[status.stage].includes(status.waitingFor)) {
        wrong(`${status.stage} waits for ${status.waitingFor}`);
      }
      const overdue = status.deadline !== null && run.lastTime > Date.parse(status.deadline) + patience;
      if (status.stage === 'review' && overdue && status.escalation !== 'overdue') {
        wrong('the review is overdue, and nobody is told');
      }
      const published = publishedOf(attributes);
      const said = attributesOf(status);
      for (const [name, value] of Object.entries(published)) {
        if (value !== said[name]) {
          wrong(
            `the search attribute of ${name} is ${JSON.stringify(value)}, the status says ${JSON.stringify(said[name])}`,
          );
        }
      }
    },
  };
}

/** A story that waits for an answer shows its news with it, and one that continues as new in its next run. */
function isAtRest({ open, activities, buffer, starting, suggested }: Run): boolean {
  if (!open || suggested || starting > 0 || buffer.length > 0) return false;
  return [...activities.values()].every(({ command }) => command.activityType === 'notify');
}

interface Final {
  plan: Plan;
  status: Status;
  funnel: Execution;
  executions: Map<string, Execution>;
  calls: Calls;
  shown: ShownWatch;
  wrong: (reason: string) => void;
}

/** What is left when everything is over: results, images, notices. */
export function checkShown(final: Final): void {
  checkEnds(final);
  checkImages(final);
  checkTimeline(final);
  if (final.plan.noticesConfigured) checkNotices(final);
}

function checkEnds({ status, funnel, executions, wrong }: Final): void {
  const closed = status.stage === 'closed';
  if (closed !== (funnel.status === 'completed'))
    wrong(`the workflow is ${funnel.status} at ${status.stage}`);
  if (closed && JSON.stringify(funnel.result) !== JSON.stringify(status))
    wrong('the result is not the last status');
  for (const { workflowId, workflowType, status: end } of executions.values()) {
    if (workflowType !== names.funnel && end !== 'completed') wrong(`${workflowId} is ${end}`);
  }
}

/** An evaluation with a review has two verdicts. */
function checkTimeline({ funnel, wrong }: Final): void {
  const { instance } = funnel.run;
  if (!instance) return;
  const timeline: TimelineEntry[] = fromPayload(instance.query(names.timeline));
  for (const { what, verdict } of timeline)
    if (verdict && !what.includes(`: ${verdict.verdict}`))
      wrong(`the timeline says "${what}" of the verdict ${verdict.verdict}`);
}

function checkImages({ plan, status, executions, calls, wrong }: Final): void {
  const { archiveOn } = plan.policy;
  for (const { evaluationId, result, count } of status.images) {
    if (status.stage !== 'closed' && result === 'pending')
      wrong(`the images of ${evaluationId} are pending for ever`);
    const stored = calls.archived.get(evaluationId) ?? 0;
    if (result === 'archived' && (stored === 0 || count === 0))
      wrong(`no images of ${evaluationId} are archived`);
    if (stored > 0 && (calls.deleted.get(evaluationId) ?? 0) === 0)
      wrong(`the images of ${evaluationId} are never deleted`);
    if (!executions.has(`images-${evaluationId}`)) wrong(`nobody archives the images of ${evaluationId}`);
  }
  const known = new Set(status.images.map(({ evaluationId }) => evaluationId));
  for (const { stage, attempt, verdict, evaluationId } of status.verdicts) {
    const { steps } = plan.evaluation(stage, attempt);
    const captured =
      stage === 'document_verification' ||
      stage === 'selfie_reverification' ||
      steps.some((step) => step === 'capture' || step === 'hosted_flow');
    if (captured && archiveOn.some((one) => one === verdict) && !known.has(evaluationId)) {
      wrong(`the images of ${evaluationId} are not wanted`);
    }
  }
}

/** Every verdict and the end are told once, in order; the same notice may come twice, under the same id. */
function checkNotices({ status, calls, wrong }: Final): void {
  const told = new Map<string, string>();
  const verdicts: string[] = [];
  let last: unknown = null;
  for (const notice of calls.notices) {
    const text = JSON.stringify(notice);
    const before = told.get(notice.id);
    if (before !== undefined && before !== text) wrong(`the notice ${notice.id} says two things`);
    if (before !== undefined || notice.type !== 'funnel.changed') continue;
    told.set(notice.id, text);
    verdicts.push(...notice.data.verdicts.map(({ evaluationId, verdict }) => `${evaluationId} ${verdict}`));
    last = [notice.data.stage, notice.data.outcome];
  }
  const shown = status.verdicts.map(({ evaluationId, verdict }) => `${evaluationId} ${verdict}`);
  if (verdicts.join() !== shown.join())
    wrong(`HR is told of the verdicts [${verdicts.join()}], not [${shown.join()}]`);
  if (status.stage === 'closed' && JSON.stringify(last) !== JSON.stringify([status.stage, status.outcome])) {
    wrong(`the last notice says ${JSON.stringify(last)}`);
  }
}
