import { nameOf } from './server/tasks.ts';
import type { Activated, Execution } from './server/execution.ts';
import { type Command, fromPayload, type Job, milliseconds } from './server/protocol.ts';

/** One workflow task as lines for people: what came in, what went out. */
export function linesOf(execution: Execution, task: Activated[], startedAt: number): string[] {
  return task.flatMap(({ time, historyLength, continueAsNewSuggested, jobs, commands }) => [
    `${sinceStart(time, startedAt)} ${execution.workflowId}, ${historyLength} events${continueAsNewSuggested ? ', continue-as-new suggested' : ''}`,
    ...jobs.map((job) => `    ← ${jobText(job)}`),
    ...commands.map((command) => `    → ${commandText(command)}`),
  ]);
}

/** Days, hours, minutes and seconds. */
export function sinceStart(time: number, startedAt: number): string {
  const ms = time - startedAt;
  const days = Math.floor(ms / 86_400_000);
  return `${days > 0 ? `${days} d ` : ''}${new Date(ms).toISOString().slice(11, 23)}`;
}

function jobText(job: Job): string {
  switch (job.variant) {
    case 'initializeWorkflow':
      return `start${job.initializeWorkflow.continuedFromExecutionRunId ? ' of the next run' : ''}`;
    case 'signalWorkflow':
      return `signal ${job.signalWorkflow.signalName} ${short(fromPayload(job.signalWorkflow.input[0]))}`;
    case 'doUpdate':
      return `update ${job.doUpdate.name} ${short(fromPayload(job.doUpdate.input[0]))}`;
    case 'cancelWorkflow':
      return 'Temporal’s cancel';
    case 'fireTimer':
      return `timer ${job.fireTimer.seq}`;
    case 'resolveActivity': {
      const { seq, result } = job.resolveActivity;
      if ('completed' in result) return `activity ${seq}: ${short(fromPayload(result.completed.result))}`;
      if ('cancelled' in result) return `activity ${seq}: cancelled`;
      const { cause } = result.failed.failure;
      const type = cause?.applicationFailureInfo?.type ?? cause?.message ?? '';
      return `activity ${seq}: failed, ${type} ${short(cause?.applicationFailureInfo?.details?.payloads.map((one) => fromPayload(one)))}`;
    }
    case 'resolveChildWorkflowExecutionStart':
    case 'resolveChildWorkflowExecution':
    case 'resolveSignalExternalWorkflow':
      return job.variant;
  }
}

function commandText(command: Command): string {
  const name = nameOf(command);
  if (command.startTimer) {
    const { seq, startToFireTimeout } = command.startTimer;
    return `${name} ${seq}: ${(milliseconds(startToFireTimeout) ?? 0) / 1000} s`;
  }
  if (command.cancelTimer) return `${name} ${command.cancelTimer.seq}`;
  if (command.requestCancelActivity) return `${name} ${command.requestCancelActivity.seq}`;
  if (command.scheduleActivity) {
    return `${name} ${command.scheduleActivity.seq}: ${short(fromPayload(command.scheduleActivity.arguments[0]))}`;
  }
  const response = command.updateResponse;
  if (response?.rejected) return `${name}: refused, ${response.rejected.applicationFailureInfo?.type ?? ''}`;
  if (response) return `${name}: ${response.accepted ? 'accepted' : 'completed'}`;
  const upserted = command.upsertWorkflowSearchAttributes?.searchAttributes.indexedFields;
  if (upserted) {
    return `${name}: ${Object.entries(upserted)
      .map(([key, payload]) => `${key}=${short(fromPayload(payload))}`)
      .join(' ')}`;
  }
  return name;
}

function short(value: unknown): string {
  const text = JSON.stringify(value) ?? '';
  return text.length > 240 ? `${text.slice(0, 240)}…` : text;
}
