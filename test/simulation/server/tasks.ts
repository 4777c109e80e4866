import { applyCommands, closingCommand } from './commands.ts';
import type { Activated, Context, Execution, Run } from './execution.ts';
import { type Command, type Failure, isSame, type Job, payloadsOf } from './protocol.ts';
import type { Instance, RunStart, Sandbox } from './sandbox.ts';

/** A worker that died in a workflow task is noticed after this, in milliseconds. */
const taskTimeout = 10_000;

/** Schedules a workflow task if there is something to do, and none under way. */
export function wake(context: Context, execution: Execution): void {
  const { run } = execution;
  if (run.task !== 'none' || run.buffer.length === 0 || !run.open) return;
  run.task = 'scheduled';
  context.agenda.after(context.hazards.taskLatency(), () => startTask(context, execution, run));
}

function startTask(context: Context, execution: Execution, run: Run): void {
  const { agenda, hazards } = context;
  run.task = 'running';
  const jobs = inOrder(run.buffer);
  run.buffer = [];
  const time = Math.max(agenda.now(), run.lastTime + 1);
  run.lastTime = time;
  run.tasks += 1;
  run.suggested ||= run.tasks >= run.suggestAtTask;
  if (hazards.losesTask()) {
    // The next task carries its events together with those that come meanwhile.
    context.trace(() => `${execution.workflowId}: a worker dies in the workflow task`);
    forget(run);
    agenda.after(taskTimeout, () => {
      run.buffer = [...jobs, ...run.buffer];
      startTask(context, execution, run);
    });
    return;
  }
  const task = work(context, execution, run, {
    time,
    historyLength: run.historyLength + jobs.filter(({ variant }) => variant !== 'doUpdate').length + 2,
    continueAsNewSuggested: run.suggested,
    jobs,
    commands: [],
  });
  if (task) agenda.after(hazards.taskDuration(), () => completeTask(context, execution, run, task));
}

/** All activations of one workflow task; undefined where the task fails, which Temporal would try again for ever. */
function work(context: Context, execution: Execution, run: Run, first: Activated): Activated[] | undefined {
  try {
    run.instance ??= rebuild(context, execution, run, first.time);
    if (first.jobs.some(({ variant }) => variant === 'doUpdate')) {
      run.updated = true;
      context.beforeUpdates(execution, run.committed.length > 0 ? run.instance : null);
    }
    return activateAll(run.instance, first, first.jobs, false);
  } catch (error) {
    context.wrong(`${execution.workflowId}: the workflow task failed: ${String(error)}`);
    forget(run);
    run.open = false;
    return undefined;
  }
}

/** Activates, and again for each activity that the workflow gave up: Core resolves those at once. */
function activateAll(instance: Instance, first: Activated, jobs: Job[], replaying: boolean): Activated[] {
  const task: Activated[] = [];
  const resolved = new Set<number>();
  for (let next = jobs; next.length > 0;) {
    const commands = instance.activate({ ...first, jobs: next, replaying });
    task.push({ ...first, jobs: next, commands });
    for (const job of next) if (job.variant === 'resolveActivity') resolved.add(job.resolveActivity.seq);
    next = commands.flatMap(({ requestCancelActivity: request }) =>
      request && !resolved.has(request.seq) ? [cancelledJob(request.seq)] : [],
    );
  }
  return task;
}

function cancelledJob(seq: number): Job {
  const failure: Failure = {
    message: 'Activity cancelled',
    activityFailureInfo: { activityType: { name: 'activity' }, activityId: String(seq) },
    cause: { message: 'cancelled', canceledFailureInfo: {} },
  };
  return { variant: 'resolveActivity', resolveActivity: { seq, result: { cancelled: { failure } } } };
}

function completeTask(context: Context, execution: Execution, run: Run, task: Activated[]): void {
  run.task = 'none';
  const commands = task.flatMap((activated) => activated.commands);
  const jobs = task[0]?.jobs ?? [];
  if (closingCommand(commands) && run.buffer.some(({ variant }) => variant !== 'doUpdate')) {
    refuseTask(context, execution, run, jobs);
    return;
  }
  const kept = keptInHistory(task);
  const rejectedOnly = jobs.every(({ variant }) => variant === 'doUpdate') && task.length === 1;
  if (!(rejectedOnly && kept.every((one) => one.jobs.length + one.commands.length === 0))) {
    run.committed.push(kept);
    run.historyLength += 3 + kept.reduce((sum, one) => sum + one.jobs.length + one.commands.length, 0);
  }
  applyCommands(context, execution, run, commands);
  context.onCommit(execution, run, task);
  if (!run.open) return end(context, execution, run);
  if (context.hazards.evicts()) {
    context.trace(() => `${execution.workflowId}: the worker loses it from its cache`);
    forget(run);
  }
  wake(context, execution);
}

/** New events came while the workflow decided to end: it must look at them first, and updates of the task are lost. */
function refuseTask(context: Context, execution: Execution, run: Run, jobs: Job[]): void {
  context.trace(() => `${execution.workflowId}: new events came, so the end is refused`);
  forget(run);
  for (const job of jobs) {
    if (job.variant !== 'doUpdate') continue;
    const update = run.updates.get(job.doUpdate.id);
    run.updates.delete(job.doUpdate.id);
    update?.answer({ kind: 'aborted' });
  }
  run.buffer = [...jobs.filter(({ variant }) => variant !== 'doUpdate'), ...run.buffer];
  wake(context, execution);
}

/** Refused updates leave no trace; those that were accepted are not validated again. */
function keptInHistory(task: Activated[]): Activated[] {
  const responses = task.flatMap(({ commands }) =>
    commands.flatMap(({ updateResponse }) => (updateResponse ? [updateResponse] : [])),
  );
  const idsOf = (those: typeof responses) =>
    new Set(those.map(({ protocolInstanceId }) => protocolInstanceId));
  const accepted = idsOf(responses.filter((response) => response.accepted));
  // An update that fails later was accepted once, perhaps in an earlier activation of the same task.
  const rejected = idsOf(
    responses.filter((response) => response.rejected && !accepted.has(response.protocolInstanceId)),
  );
  const delivered = new Set(
    task.flatMap(({ jobs }) => jobs.flatMap((job) => (job.variant === 'doUpdate' ? [job.doUpdate.id] : []))),
  );
  const isRejected = (id: string) => rejected.has(id) && delivered.has(id);
  return task.map((activated) => ({
    ...activated,
    jobs: activated.jobs
      .filter((job) => job.variant !== 'doUpdate' || !isRejected(job.doUpdate.id))
      .map((job) =>
        job.variant === 'doUpdate' ? { ...job, doUpdate: { ...job.doUpdate, runValidator: false } } : job,
      ),
    commands: activated.commands.filter(
      ({ updateResponse }) => !updateResponse || !isRejected(updateResponse.protocolInstanceId),
    ),
  }));
}

/** The instance as history tells it; every command must be the one that was recorded. */
function rebuild(
  context: Pick<Context, 'wrong' | 'sandbox'>,
  execution: Execution,
  run: Run,
  now: number,
): Instance {
  const instance = context.sandbox.open(startOf(execution, run, now));
  for (const recorded of run.committed) replay(context, execution, instance, recorded);
  return instance;
}

function replay(
  context: Pick<Context, 'wrong'>,
  execution: Execution,
  instance: Instance,
  recorded: Activated[],
): void {
  const [first] = recorded;
  if (!first) return;
  // Core sends no activation for a workflow task without events.
  const again = activateAll(instance, first, first.jobs, true);
  const expected = recorded.flatMap(({ commands }) => commands);
  if (
    isSame(
      again.flatMap(({ commands }) => commands),
      expected,
    )
  )
    return;
  context.wrong(
    `${execution.workflowId} does not replay: history has ${summary(recorded)}, a rebuilt instance ${summary(again)}`,
  );
}

function summary(activated: Activated[]): string {
  const names = activated.flatMap(({ commands }) => commands.map(nameOf));
  return names.length === 0 ? 'no command' : names.join(', ');
}

export function nameOf(command: Command): string {
  const [name = 'nothing'] = Object.keys(command).filter(
    (key) => key !== 'eventGroupMarkers' && key !== 'userMetadata',
  );
  const activity =
    command.scheduleActivity?.activityType ?? command.startChildWorkflowExecution?.workflowType;
  return activity === undefined ? name : `${name} ${activity}`;
}

export function startOf(execution: Execution, run: Run, time: number): RunStart {
  const { parent } = execution;
  const init = run.committed[0]?.[0]?.jobs[0];
  return {
    runId: run.runId,
    initialize:
      init?.variant === 'initializeWorkflow'
        ? init.initializeWorkflow
        : {
            workflowType: execution.workflowType,
            workflowId: execution.workflowId,
            arguments: run.arguments,
            headers: {},
            firstExecutionRunId: execution.firstRunId,
            continuedFromExecutionRunId: run.continuedFrom,
            attempt: 1,
            memo: { fields: payloadsOf(execution.memo) },
          },
    ...(parent ? { parent: { workflowId: parent.execution.workflowId, runId: parent.run.runId } } : {}),
    time: run.committed[0]?.[0]?.time ?? time,
    replaying: run.committed.length > 0,
  };
}

/** A run is over. */
function end(context: Context, execution: Execution, run: Run): void {
  forget(run);
  if (context.replaysAtEnd(run)) replayWhole(context.wrong, context.sandbox, execution, run);
}

export function replayWhole(wrong: Context['wrong'], sandbox: Sandbox, execution: Execution, run: Run): void {
  try {
    rebuild({ wrong, sandbox }, execution, run, run.lastTime).dispose();
  } catch (error) {
    wrong(`${execution.workflowId} does not replay: ${String(error)}`);
  }
}

function forget(run: Run): void {
  run.instance?.dispose();
  run.instance = null;
}

const orders: Partial<Record<Job['variant'], number>> = {
  initializeWorkflow: 0,
  signalWorkflow: 1,
  doUpdate: 2,
};

/** As Core sorts them: signals come from history before the messages that carry updates. */
function inOrder(jobs: Job[]): Job[] {
  return jobs.toSorted((one, other) => (orders[one.variant] ?? 3) - (orders[other.variant] ?? 3));
}
