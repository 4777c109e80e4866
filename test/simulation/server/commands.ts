import { drop } from './agenda.ts';
import { cancelActivity, scheduleActivity } from './activities.ts';
import type { Context, Execution, Run } from './execution.ts';
import {
  type Command,
  fieldsOf,
  fromPayload,
  milliseconds,
  signalJob,
  type StartChild,
  toPayload,
  type UpdateResponse,
  upsertedFieldsOf,
} from './protocol.ts';

/** Does what the workflow's commands ask for, in their order; as Core does, the one that ends the run comes last. */
export function applyCommands(context: Context, execution: Execution, run: Run, commands: Command[]): void {
  const ends = (command: Command) => closingCommand([command]);
  const last = commands.find(ends);
  for (const command of commands) if (!ends(command)) apply(context, execution, run, command);
  if (last) apply(context, execution, run, last);
}

export function closingCommand(commands: Command[]): boolean {
  return commands.some((command) =>
    Boolean(
      command.completeWorkflowExecution ??
      command.failWorkflowExecution ??
      command.cancelWorkflowExecution ??
      command.continueAsNewWorkflowExecution,
    ),
  );
}

function apply(context: Context, execution: Execution, run: Run, command: Command): void {
  if (command.updateResponse) return answerUpdate(context, execution, run, command.updateResponse);
  if (command.startTimer) return startTimer(context, execution, run, command.startTimer);
  if (command.cancelTimer) return cancelTimer(run, command.cancelTimer.seq);
  if (command.scheduleActivity) return scheduleActivity(context, execution, run, command.scheduleActivity);
  if (command.requestCancelActivity) return cancelActivity(run, command.requestCancelActivity.seq);
  if (command.startChildWorkflowExecution) {
    return startChild(context, execution, run, command.startChildWorkflowExecution);
  }
  const signal = command.signalExternalWorkflowExecution;
  if (signal) return signalOther(context, execution, run, signal);
  const upsert = command.upsertWorkflowSearchAttributes;
  if (upsert) {
    Object.assign(execution.attributes, upsertedFieldsOf(upsert.searchAttributes.indexedFields));
    return;
  }
  if (command.modifyWorkflowProperties) {
    Object.assign(execution.memo, upsertedFieldsOf(command.modifyWorkflowProperties.upsertedMemo.fields));
    return;
  }
  close(context, execution, run, command);
}

function close(context: Context, execution: Execution, run: Run, command: Command): void {
  const again = command.continueAsNewWorkflowExecution;
  if (!closingCommand([command])) {
    context.wrong(`${execution.workflowId}: an unknown command: ${Object.keys(command).join(', ')}`);
    return;
  }
  run.open = false;
  for (const entry of run.timers.values()) drop(entry);
  for (const activity of run.activities.values()) activity.closed = true;
  if (again) {
    execution.memo = fieldsOf(again.memo ?? {});
    context.continueAsNew(execution, again.arguments);
    for (const [id, update] of run.updates) if (!update.accepted) run.updates.delete(id);
    abandonUpdates(run);
    return;
  }
  execution.status = command.completeWorkflowExecution
    ? 'completed'
    : command.failWorkflowExecution
      ? 'failed'
      : 'cancelled';
  execution.result = fromPayload(command.completeWorkflowExecution?.result);
  abandonUpdates(run);
  const { parent } = execution;
  // Only the run that started a child learns of its end, not the one that follows it.
  if (!parent?.run.open) return;
  context.deliver(parent.execution, {
    variant: 'resolveChildWorkflowExecution',
    resolveChildWorkflowExecution: {
      seq: parent.seq,
      result: { completed: { result: toPayload(execution.result ?? null) } },
    },
  });
}

/** Answers of a closed run to those who still wait. */
function abandonUpdates(run: Run): void {
  for (const update of run.updates.values()) {
    update.answer({ kind: update.accepted ? 'aborted' : 'not_found' });
  }
  run.updates.clear();
}

function startTimer(
  context: Context,
  execution: Execution,
  run: Run,
  { seq, startToFireTimeout }: NonNullable<Command['startTimer']>,
): void {
  // From the time of the task that set it, and never early.
  const due = run.lastTime + Math.max(1, milliseconds(startToFireTimeout) ?? 0);
  const entry = context.agenda.at(due + context.hazards.timerLateness(), () => {
    if (run.open && run.timers.delete(seq)) {
      context.deliver(execution, { variant: 'fireTimer', fireTimer: { seq } });
    }
  });
  run.timers.set(seq, entry);
}

function cancelTimer(run: Run, seq: number): void {
  drop(run.timers.get(seq));
  run.timers.delete(seq);
  run.buffer = run.buffer.filter((job) => job.variant !== 'fireTimer' || job.fireTimer.seq !== seq);
}

function startChild(
  context: Context,
  execution: Execution,
  run: Run,
  { seq, workflowId, workflowType, input }: StartChild,
): void {
  const known = context.executions.get(workflowId);
  const refused = context.refusesChild?.(workflowType) ?? false;
  if (refused) {
    context.trace(() => `${workflowId} is not started`);
  } else if (!known) {
    context.start({
      workflowType,
      workflowId,
      input,
      parent: { execution, run, seq },
    });
  } else {
    context.wrong(`${workflowId} is started a second time`);
  }
  const started = refused
    ? { seq, cancelled: { failure: { message: 'cancelled', canceledFailureInfo: {} } } }
    : known
      ? { seq, failed: { workflowId, workflowType, cause: 1 } }
      : { seq, succeeded: { runId: context.executions.get(workflowId)?.firstRunId ?? '' } };
  // Before anything that the child does.
  run.starting += 1;
  context.agenda.after(0, () => {
    run.starting -= 1;
    if (!run.open) return;
    context.deliver(execution, {
      variant: 'resolveChildWorkflowExecutionStart',
      resolveChildWorkflowExecutionStart: started,
    });
  });
}

function signalOther(
  context: Context,
  execution: Execution,
  run: Run,
  { seq, workflowExecution, signalName, args }: NonNullable<Command['signalExternalWorkflowExecution']>,
): void {
  context.agenda.after(context.hazards.dispatch(), () => {
    const other = context.executions.get(workflowExecution.workflowId);
    const found = other?.status === 'open';
    if (found) context.deliver(other, signalJob(signalName, args));
    if (!run.open) return;
    context.deliver(execution, {
      variant: 'resolveSignalExternalWorkflow',
      resolveSignalExternalWorkflow: { seq, ...(found ? {} : { failure: { message: 'not found' } }) },
    });
  });
}

function answerUpdate(
  context: Context,
  execution: Execution,
  run: Run,
  { protocolInstanceId, accepted, rejected, completed }: UpdateResponse,
): void {
  const update = run.updates.get(protocolInstanceId);
  if (!update) return;
  if (accepted) {
    update.accepted = true;
    context.onUpdate(execution, update, 'accepted');
    return;
  }
  run.updates.delete(protocolInstanceId);
  const answer = rejected
    ? {
        kind: 'refused' as const,
        type: rejected.applicationFailureInfo?.type ?? '',
        message: rejected.message ?? '',
        accepted: update.accepted,
      }
    : { kind: 'completed' as const, value: fromPayload(completed) };
  context.onUpdate(execution, update, answer);
  update.answer(answer);
}
