import { drop } from './agenda.ts';
import type { ActivityOutcome, Context, Execution, OpenActivity, Run } from './execution.ts';
import { type Failure, milliseconds, type ScheduleActivity, toPayload } from './protocol.ts';

/** Until a dead worker's silence is noticed: the heartbeat timeout of the funnel's calls, or nearly. */
const heartbeatTimeout = 5000;

/** Runs an activity as Temporal does: one attempt after the other, within its time-outs. */
export function scheduleActivity(
  context: Context,
  execution: Execution,
  run: Run,
  command: ScheduleActivity,
): void {
  const activity: OpenActivity = {
    command,
    attempt: 0,
    scheduledAt: context.agenda.now(),
    closed: false,
  };
  run.activities.set(command.seq, activity);
  attempt(context, execution, run, activity, context.hazards.dispatch());
}

/** The workflow has been answered already; what the activity does in the world goes on. */
export function cancelActivity(run: Run, seq: number): void {
  const activity = run.activities.get(seq);
  if (activity) activity.closed = true;
  run.activities.delete(seq);
  run.buffer = run.buffer.filter(
    (job) => job.variant !== 'resolveActivity' || job.resolveActivity.seq !== seq,
  );
}

function attempt(
  context: Context,
  execution: Execution,
  run: Run,
  activity: OpenActivity,
  wait: number,
): void {
  const { agenda } = context;
  const { command } = activity;
  agenda.after(wait, () => {
    if (activity.closed) return;
    activity.attempt += 1;
    let ended = false;
    const end = (outcome: ActivityOutcome): void => {
      if (ended) return;
      ended = true;
      drop(timeout);
      if (outcome.kind !== 'died') return settle(context, execution, run, activity, outcome);
      agenda.after(heartbeatTimeout, () => settle(context, execution, run, activity, timedOut(4)));
    };
    const timeout = agenda.after(milliseconds(command.startToCloseTimeout) ?? 600_000, () => {
      if (!ended) settle(context, execution, run, activity, timedOut(1));
      ended = true;
    });
    context.perform(
      {
        type: command.activityType,
        input: command.arguments[0],
        attempt: activity.attempt,
        workflowId: execution.workflowId,
        runId: run.runId,
      },
      end,
    );
  });
}

/** `type`: Temporal's TimeoutType; 1 is start to close, 4 the heartbeat's. */
function timedOut(type: number): ActivityOutcome {
  return {
    kind: 'failed',
    failure: { message: 'activity timed out', timeoutFailureInfo: { timeoutType: type } },
  };
}

function settle(
  context: Context,
  execution: Execution,
  run: Run,
  activity: OpenActivity,
  outcome: ActivityOutcome,
): void {
  if (activity.closed || outcome.kind === 'died') return;
  if (outcome.kind === 'completed') {
    return resolve(context, execution, run, activity, { completed: { result: toPayload(outcome.value) } });
  }
  const wait = retryWait(activity, outcome);
  const deadline = milliseconds(activity.command.scheduleToCloseTimeout);
  const inTime =
    deadline === undefined || context.agenda.now() + (wait ?? 0) < activity.scheduledAt + deadline;
  if (wait !== undefined && inTime) return attempt(context, execution, run, activity, wait);
  const failure: Failure = {
    message: 'Activity task failed',
    activityFailureInfo: {
      activityType: { name: activity.command.activityType },
      activityId: activity.command.activityId,
    },
    cause: outcome.failure,
  };
  resolve(context, execution, run, activity, { failed: { failure } });
}

/** Milliseconds until the next attempt; undefined where there is none. */
function retryWait(
  { attempt: number, command: { retryPolicy } }: OpenActivity,
  { failure, nextRetryDelay }: Extract<ActivityOutcome, { kind: 'failed' }>,
): number | undefined {
  if (failure.applicationFailureInfo?.nonRetryable) return undefined;
  const most = retryPolicy?.maximumAttempts ?? 0;
  if (most > 0 && number >= most) return undefined;
  if (nextRetryDelay !== undefined) return nextRetryDelay;
  const initial = milliseconds(retryPolicy?.initialInterval) ?? 1000;
  const longest = milliseconds(retryPolicy?.maximumInterval) ?? initial * 100;
  return Math.min(initial * (retryPolicy?.backoffCoefficient || 2) ** (number - 1), longest);
}

function resolve(
  context: Context,
  execution: Execution,
  run: Run,
  activity: OpenActivity,
  result: { completed: { result: ReturnType<typeof toPayload> } } | { failed: { failure: Failure } },
): void {
  activity.closed = true;
  const { seq } = activity.command;
  run.activities.delete(seq);
  if (run.open) context.deliver(execution, { variant: 'resolveActivity', resolveActivity: { seq, result } });
}
