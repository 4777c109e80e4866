import type { Facts } from './oracle.ts';
import type { Plan } from './plan.ts';
import type { Activated, Run } from './server/execution.ts';
import { type ActivityResult, type Failure, fromPayload } from './server/protocol.ts';
import { evaluationIn, keyOf, names, type RiskosEvent, type Status } from './world/contract.ts';
import type { Riskos } from './world/riskos.ts';

/** Watches what the funnel asks of RiskOS: every POST must be a necessary one. */
export interface PostWatch {
  begun: Facts['begun'];
  completedReads: Facts['completedReads'];
  posts: number;
  /** When the last reading began of those that have ended. */
  lastReadBegan: number;
  contradicted: Facts['contradicted'];
  see(run: Run, task: Activated[]): void;
  /** What a webhook of the open evaluation told must be read at once. */
  checkReading(run: Run, status: Status): void;
  /** A person has said that it shall be tried again. */
  retried(): void;
}

/** Webhooks that can mean a new state of an evaluation. */
const telling = new Set([
  'evaluation_completed',
  'evaluation_paused',
  'reevaluation',
  'decision_update',
  'workflow_execution_failed',
]);

/** Webhooks after which a settled evaluation is read again. */
function isDeciding({ eventType }: RiskosEvent): boolean {
  return eventType === 'decision_update' || eventType === 'reevaluation';
}

interface Post {
  /** How the last POST of the evaluation ended; null: not yet. */
  ended: 'answered' | 'not_processed' | 'ambiguous' | 'refused' | null;
  endedAt: number;
  retryAfter: number;
}

export function watchPosts(plan: Plan, riskos: Riskos, wrong: (reason: string) => void): PostWatch {
  const posts = new Map<string, Post>();
  const pending = new Map<string, string>();
  /** Evaluations that the funnel knows by RiskOS's id, and of those the ones that RiskOS showed it. */
  const known = new Set<string>();
  const proven = new Set<string>();
  /** How often RiskOS answered a reading with 404. */
  const misses = new Map<string, number>();
  const begun: Facts['begun'] = [];
  /** Which evaluation each reads, and when it began. */
  const reads = new Map<string, { evaluationId: string; began: number }>();
  /** Of updates, as long as RiskOS has not answered. */
  const patches = new Map<string, string>();
  /** RiskOS has taken what `provideInformation` brought, or perhaps has. */
  let isInformed = false;
  const completedReads: Facts['completedReads'] = [];
  const contradicted: Facts['contradicted'] = [];
  const seen = new Set<string>();
  /** Evaluations that webhooks of the last workflow task told of. */
  let told: string[] = [];
  /** Webhooks that came during the POST, by RiskOS's id. */
  const early = new Map<string, { evaluationId: string; eventTypes: string[] }>();

  const tellEarly = (evaluationId: string, answer: { evalId: string; state: string } | undefined): void => {
    for (const [evalId, event] of early) {
      if (event.evaluationId !== evaluationId) continue;
      early.delete(evalId);
      const { eventTypes } = event;
      // The first pause is what an answer says too that is a pause.
      const isSaid =
        answer?.evalId === evalId &&
        (answer.state === 'completed' ||
          (answer.state === 'paused' && eventTypes.join() === 'evaluation_paused'));
      if (!isSaid && eventTypes.some((eventType) => telling.has(eventType))) told.push(evaluationId);
    }
  };

  const check = (evaluationId: string, at: number): void => {
    const before = posts.get(evaluationId);
    if (!before) return;
    if (riskos.attempts.get(evaluationId)?.plan.forgotten) return;
    const isDoubtful = !proven.has(evaluationId) && (misses.get(evaluationId) ?? 0) >= 3;
    if (known.has(evaluationId) && !isDoubtful)
      return wrong(`${evaluationId} is asked for again, though it is known`);
    if (before.ended === null) return wrong(`${evaluationId} is asked for while it is being asked for`);
    if (before.ended === 'refused') wrong(`${evaluationId} is asked for again after a refusal`);
    const waited = at - before.endedAt;
    const wait = before.ended === 'ambiguous' ? plan.policy.ambiguousWait : before.retryAfter;
    if (waited < wait) wrong(`${evaluationId} is asked for again after ${waited} ms, not ${wait}`);
  };

  const watch: PostWatch = {
    begun,
    completedReads,
    contradicted,
    posts: 0,
    lastReadBegan: 0,
    retried() {
      for (const post of posts.values()) {
        if (post.ended !== null && post.ended !== 'answered')
          Object.assign(post, { ended: 'not_processed', retryAfter: 0 });
      }
    },
    checkReading(run, { stage, attempt, nextAction }) {
      const isGiven = plan.application.candidate.dateOfBirth !== undefined || stage === 'payroll_setup';
      const isNamed = nextAction.kind !== 'provide_information' || nextAction.fields.includes('dateOfBirth');
      if (!isNamed && !isInformed && !isGiven) wrong('RiskOS has not taken what HR is no longer asked for');
      const open = begun.at(-1);
      if (
        !run.open ||
        run.suggested ||
        run.starting > 0 ||
        open?.key.stage !== stage ||
        open.key.attempt !== attempt
      )
        return;
      const isAsking = [...run.activities.values()].some(({ command }) => command.activityType !== 'notify');
      const answered = run.buffer.some(({ variant }) => variant === 'resolveActivity');
      if (!isAsking && !answered && told.includes(open.evaluationId))
        wrong(`an event of ${open.evaluationId} is not read`);
    },
    see(run, task) {
      told = [];
      for (const { time, jobs, commands } of task) {
        for (const job of jobs) {
          if (job.variant === 'signalWorkflow' && job.signalWorkflow.signalName === names.riskosEvent) {
            const event: RiskosEvent = fromPayload(job.signalWorkflow.input[0]);
            const record = riskos.find(event.evalId ?? '');
            if (record) record.knownAt ??= time;
            if (record?.attempt.evaluationId === event.evaluationId) known.add(event.evaluationId);
            const isNew = !seen.has(event.eventId);
            seen.add(event.eventId);
            const { evaluationId, evalId, eventType } = event;
            if (isNew && evalId !== undefined && posts.get(evaluationId)?.ended === null) {
              const eventTypes = early.get(evalId)?.eventTypes ?? [];
              early.set(evalId, { evaluationId, eventTypes: [...eventTypes, eventType] });
            } else if (isNew && telling.has(eventType)) told.push(evaluationId);
            if (isNew && record?.attempt.contradictedAt != null && isDeciding(event)) {
              contradicted.push({ evaluationId: event.evaluationId, at: time });
            }
          }
          if (job.variant !== 'resolveActivity') continue;
          const { seq, result } = job.resolveActivity;
          const isInformation = patches.get(`${run.runId} ${seq}`) === 'information';
          patches.delete(`${run.runId} ${seq}`);
          isInformed ||= isInformation && !isRefused(result);
          const failure = 'failed' in result ? result.failed.failure.cause : undefined;
          const read = reads.get(`${run.runId} ${seq}`);
          if (read) watch.lastReadBegan = Math.max(watch.lastReadBegan, read.began);
          if (read && 'completed' in result) {
            const { state, evaluationId } = evaluationIn(result.completed.result);
            proven.add(evaluationId);
            if (state === 'completed') completedReads.push({ evaluationId, at: time });
          } else if (read && failure?.applicationFailureInfo?.type === 'RiskosUnknownEvaluation') {
            misses.set(read.evaluationId, (misses.get(read.evaluationId) ?? 0) + 1);
          }
          const evaluationId = pending.get(`${run.runId} ${seq}`);
          if (evaluationId === undefined) continue;
          const post = posts.get(evaluationId);
          if (!post) continue;
          if ('completed' in result || evalIdOf(failure) !== null) known.add(evaluationId);
          const evalId =
            'completed' in result ? evaluationIn(result.completed.result).evalId : evalIdOf(failure);
          const answer = riskos.find(evalId ?? '');
          if (answer) answer.knownAt ??= time;
          Object.assign(post, { ...endOf(failure), endedAt: time });
          if ('completed' in result) {
            post.ended = 'answered';
            proven.add(evaluationId);
          }
          tellEarly(evaluationId, 'completed' in result ? evaluationIn(result.completed.result) : undefined);
        }
        for (const { scheduleActivity: command } of commands) {
          if (command?.activityType === 'readEvaluation') {
            const { evaluationId }: { evaluationId: string } = fromPayload(command.arguments[0]);
            reads.set(`${run.runId} ${command.seq}`, { evaluationId, began: time });
          }
          if (command?.activityType === 'patchEvaluation') {
            if (patches.size > 0) wrong('RiskOS is given two things at once');
            const { patch }: { patch: { kind: string } } = fromPayload(command.arguments[0]);
            patches.set(`${run.runId} ${command.seq}`, patch.kind);
          }
          if (command?.activityType !== 'createEvaluation') continue;
          const ask: {
            evaluationId: string;
            baseline?: { referenceId: string };
          } = fromPayload(command.arguments[0]);
          const { evaluationId, baseline } = ask;
          watch.posts += 1;
          check(evaluationId, time);
          if (!posts.has(evaluationId)) {
            begun.push({
              evaluationId,
              key: keyOf(evaluationId),
              at: time,
              baseline: baseline?.referenceId ?? null,
            });
          }
          posts.set(evaluationId, { ended: null, endedAt: 0, retryAfter: 0 });
          pending.set(`${run.runId} ${command.seq}`, evaluationId);
        }
      }
    },
  };
  return watch;
}

interface Details {
  retryAfter?: number | null;
  evalId?: string | null;
}

function detailsOf(failure: Failure | undefined): Details | null {
  return fromPayload(failure?.applicationFailureInfo?.details?.payloads[0]);
}

function isRefused(result: ActivityResult): boolean {
  const failure = 'failed' in result ? result.failed.failure.cause : undefined;
  return failure?.applicationFailureInfo?.type === 'RiskosRefused';
}

function evalIdOf(failure: Failure | undefined): string | null {
  return detailsOf(failure)?.evalId ?? null;
}

/** A dead worker says nothing, so the POST may have been processed. */
function endOf(failure: Failure | undefined): Pick<Post, 'ended' | 'retryAfter'> {
  const type = failure?.applicationFailureInfo?.type;
  if (type === 'RiskosRefused') return { ended: 'refused', retryAfter: 0 };
  if (type === 'RiskosNotProcessed')
    return { ended: 'not_processed', retryAfter: detailsOf(failure)?.retryAfter ?? 0 };
  return { ended: 'ambiguous', retryAfter: 0 };
}
