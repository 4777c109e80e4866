import type { Plan } from './plan.ts';
import type { Execution, Run } from './server/execution.ts';
import type { Calls } from './world/calls.ts';
import { names, publishedOf, remembered, type Status } from './world/contract.ts';

export interface ShownWatch {
  see(execution: Execution, run: Run, status: Status): void;
}

/** What operators and HR see outside the workflow must be what the workflow says of itself, after each workflow task. */
export function watchShown(_plan: Plan, wrong: (reason: string) => void): ShownWatch {
  return {
    see({ attributes, memo }, run, status) {
      if (!isAtRest(run)) return;
      const published = publishedOf(attributes);
      const said: Record<string, unknown> = { ...status };
      for (const [name, value] of Object.entries(published)) {
        if (value !== said[name]) {
          wrong(`the search attribute of ${name} is ${String(value)}, the status says ${String(said[name])}`);
        }
      }
      for (const [name, value] of Object.entries(remembered(memo) ?? {})) {
        if (typeof said[name] !== 'object' && name in said && value !== said[name]) {
          wrong(`the memo says of ${name}: ${String(value)}, the status ${String(said[name])}`);
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
  wrong(reason: string): void;
}

/** What is left when everything is over: results, images, notices. */
export function checkShown(final: Final): void {
  checkEnds(final);
  checkImages(final);
  if (final.plan.hrIsTold) checkNotices(final);
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
  for (const { stage, verdict, evaluationId } of status.verdicts) {
    const captured = stage === 'document_verification' || stage === 'selfie_reverification';
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
